// Functions with frames of all sorts, for a compiler that does not optimize. Each takes two numbers and gives one.
#include <stdarg.h>
typedef signed char i8;
typedef unsigned char u8;
typedef short i16;
typedef unsigned short u16;
typedef long long i64;
typedef unsigned long long u64;
#define EXPORT(name) __attribute__((export_name(#name), noinline)) i64 name(i64 a, i64 b)

int global = 7;
static __attribute__((noinline)) void bump(int *p, int by) { *p += by; }
static __attribute__((noinline)) void nothing(void) { global ^= 1; }

EXPORT(leaf) { int x = (int)a, y = (int)b; return x > y ? x - y : y + 3 * x; }
EXPORT(loop) { i64 s = 0; for (int i = 0; i < (int)(a & 63); i++) { s = s * 31 + (b ^ i); nothing(); } return s; }
EXPORT(narrow) {
  i8 c = (i8)a; u8 d = (u8)a; i16 e = (i16)b; u16 f = (u16)b;
  for (int i = 0; i < 3; i++) { c += (i8)(a >> i); d -= 77; e *= 3; f = (u16)(f + d); nothing(); }
  i64 wide = c; wide = wide * 1000 + d; wide = wide * 1000 + e; wide = wide * 1000 + f;
  unsigned word = (unsigned)a; u64 w = word; int sword = (int)b; i64 s = sword;
  return wide + (i64)w + s;
}
EXPORT(floats) { float f = (float)(a % 1000) / 3; double d = f; for (int i = 0; i < 5; i++) { d = d * 1.5 + f; f = (float)d / 2; nothing(); } return (i64)(d * 16); }
EXPORT(given) { int x = (int)a, y = (int)b; bump(&x, y); bump(&y, x); return x * 7 + y; }
EXPORT(fields) { struct { int n; i8 c; i64 w; double d; } s = {0}, t; s.n = (int)a; s.c = (i8)b; s.w = a * b; s.d = 0.5; t = s; t.n++; return t.n + t.c + t.w + (i64)(t.d * 4) + s.n; }
EXPORT(united) { union { i64 w; int half[2]; double d; } u; u.w = a; u.half[1] += (int)b; i64 r = u.w; u.d = 1.25; return r ^ u.w; }
EXPORT(array) { int x[8]; for (int i = 0; i < 8; i++) x[i] = (int)(a + i * b); x[3] = 9; i64 s = 0; for (int i = 7; i >= 0; i--) s = s * 5 + x[i]; return s; }
static __attribute__((noinline)) char *digits(char *end, unsigned n) { do { *--end = (char)('0' + n % 10); n /= 10; } while (n); return end; }
EXPORT(backwards) { char text[16]; text[0] = 'x'; text[1] = 'y'; text[15] = 0; char *p = digits(&text[15], (unsigned)a); i64 s = b; while (*p) s = s * 3 + *p++; return s + text[0] + text[1]; }
static __attribute__((noinline)) i64 sum(int n, ...) { va_list l; va_start(l, n); i64 s = 0; while (n-- > 0) s = s * 3 + va_arg(l, int); va_end(l); return s; }
EXPORT(variadic) { return sum(4, (int)a, (int)b, 5, (int)(a ^ b)); }
EXPORT(room) { int n = (int)(a & 31) + 1; int *p = __builtin_alloca((unsigned)n * sizeof *p); int kept = (int)b; for (int i = 0; i < n; i++) p[i] = i + kept; nothing(); i64 s = kept; for (int i = 0; i < n; i++) s = s * 3 + p[i]; return s; }
EXPORT(recursion) { int left = (int)(a & 15); if (left == 0) return b; i64 below = recursion(left - 1, b + left); return below * 3 + left; }
EXPORT(early) { if (a == b) return 1; int x = (int)a; if (x < 0) { nothing(); return x - 1; } switch (x & 3) { case 0: return b; case 1: x += 2; case 2: nothing(); break; default: x = -x; } return x; }
EXPORT(kept) { int x = (int)a; int *p = &x; global = *p; *p = (int)b; return x + global; }
EXPORT(choice) { int x = (int)a, y = (int)b; int *p = a & 1 ? &x : &y; *p += 5; return x * 3 + y; }

// How deep a recursion gets that needs the stack, and one that does not.
EXPORT(deep) { int x = (int)a; bump(&x, -1); if (x > 0) return deep(x, b) + 1; return b; }
EXPORT(flat) { int x = (int)a - 1; if (x > 0) return flat(x, b) + 1; return b; }
