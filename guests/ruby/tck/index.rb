# The guest of the conformance kit. abi/tck/README.md says what each case does.
require "digest"
require "securerandom"
require "lull_http"

HOOKS = %w[initializer pre_freeze pre_stop].freeze
NAMES = %w[initializer preFreeze preStop].freeze
COUNTS = Hash.new(0)
ARMED = {}
Call = Struct.new(:context, :args, :payload)

if (value = ENV["LULL_TCK"])
  name, action = value.split(" ", 2)
  ARMED[name] = action
end

def handler(event:, context:)
  COUNTS["handler"] += 1
  event = event.b
  line, payload = event.split("\n", 2)
  words = line.to_s.split(" ", -1)
  return "#{event.bytesize} sha256:#{Digest::SHA256.hexdigest(event)}" unless words[0] == "tck"

  run = CASES[words[1]] or raise "this guest has no case #{words[1]}"
  run.call(Call.new(context, words.drop(2), payload.to_s))
end

HOOKS.zip(NAMES) do |function, name|
  define_method(function) { |context:| hook(name, context) }
end

def hook(name, context)
  COUNTS[name] += 1
  puts "tck #{name} #{COUNTS[name]}"
  action, text = ARMED.delete(name).to_s.split(" ", 2)
  text = text.to_s
  case action
  when nil then nil
  when "log" then puts text
  when "context" then puts "tck #{name} context #{context.phase} #{context.request_id}"
  when "fail" then context.fail("tck", text)
  when "unhandled" then raise text
  when "exit" then exit!(text.to_i)
  when "loop" then loop {}
  else raise "there is no action #{action}"
  end
end

def field(context, name)
  http = context.http || {}
  value = case name
          when "json" then JSON.generate(context.to_h)
          when "requestId", "instanceId", "phase", "deadline" then context[name]
          when "function" then context.function["name"]
          when "service" then context.service["name"]
          when "qualifier", "versionId" then context.service[name]
          when "headers" then http["headers"]&.flat_map { |n, values| values.map { |v| "#{n}: #{v}\n" } }&.join
          else http[name]
          end
  value.nil? ? "-1" : value.to_s
end

def recurse(n) = recurse(n + 1) + n

CASES = {
  "cases" => ->(_) { (NAMES + CASES.keys).join("\n") },
  "echo" => ->(c) { c.payload },
  "context" => ->(c) { field(c.context, c.args[0]) },
  "chunks" => lambda { |c|
    answer = +""
    c.args[0].to_i.times do |i|
      break if answer.bytesize > 33 << 20 # the host would take no more
      answer << ("a".ord + i % 26).chr * c.args[1].to_i
    end
    answer
  },
  "status" => lambda { |c|
    c.args.each { |status| c.context.status = status.to_i }
    "ok"
  },
  "headers" => lambda { |c|
    c.payload.split("\0", -1).each_slice(2) { |name, value| c.context.add_header(name, value) }
    "ok"
  },
  "fail" => lambda { |c|
    message, stack = c.payload.split("\0", 2)
    c.context.fail(c.args[0], message, stack.to_s.split("\n"))
  },
  "error" => ->(c) { c.context.fail("tck", c.args.join(" ")) },
  "unhandled" => ->(c) { raise c.args.join(" ") },
  "log" => lambda { |c|
    c.context.logger.add(c.args[0].to_i, c.payload)
    "ok"
  },
  "stdout" => lambda { |c|
    $stdout.write(c.payload)
    "ok"
  },
  "stderr" => lambda { |c|
    $stderr.write(c.payload)
    "ok"
  },
  "count" => lambda { |_|
    "handler=#{COUNTS["handler"]} " + NAMES.map { |name| "#{name}=#{COUNTS[name]}" }.join(" ")
  },
  "arm" => lambda { |c|
    ARMED[c.args[0]] = c.args.drop(1).join(" ")
    "ok"
  },
  "fetch" => lambda { |c|
    method, url, timeout, follow = c.args
    status, url, headers, body = Lull.exchange(method, url, ["X-Tck: a b"], c.payload, timeout == "0" ? nil : timeout.to_i / 1000.0, follow: follow == "follow")
    status < 0 ? "#{status}\0#{body}" : [status.to_s, url, headers.map { |line| "#{line}\n" }.join, body].map(&:b).join("\0")
  },
  "env" => ->(c) { ENV[c.args[0]].to_s },
  "clock" => ->(_) { Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond).to_s },
  "random" => ->(_) { SecureRandom.hex(16) },
  "exit" => ->(c) { exit!(c.args[0].to_i) },
  "loop" => ->(_) { loop {} },
  "sleep" => lambda { |c|
    sleep(c.args[0].to_i / 1000.0)
    "ok"
  },
  "recurse" => ->(_) { recurse(0).to_s },
  "grow" => lambda { |_|
    hoard = []
    loop { hoard << "x" * (1 << 20) }
  },
}.freeze
