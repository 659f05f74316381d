# As much of sockets as the standard library's net/http names. There are none.
class SocketError < StandardError; end
class BasicSocket < IO; end

class Socket < BasicSocket
  IPPROTO_TCP = 6
  TCP_NODELAY = 1
end

class IPSocket < BasicSocket; end
class TCPSocket < IPSocket; end
class UDPSocket < IPSocket; end
