# The standard library's Net::HTTP, whose requests the host sends: a function reaches the hosts that it was deployed for, and no others. open-uri and
# what else stands on Net::HTTP needs no change. TLS is the host's, which checks certificates; what is asked of it here has no effect.
require "lull_http"

before = [$LOAD_PATH.dup, $LOADED_FEATURES.dup]
$LOAD_PATH.unshift("/boot/sockets")
begin
  require "#{RbConfig::CONFIG["rubylibdir"]}/net/http.rb"
ensure
  $LOAD_PATH.replace(before.first)
  # Who asks for sockets is still to be told that there are none.
  ($LOADED_FEATURES - before.last).each { |file| $LOADED_FEATURES.delete(file) if file.start_with?("/boot/sockets/") }
end

module Lull
  # What is between Net::HTTP and the host.
  module HTTP
    DENIED, TIMED_OUT = -5, -7 # of the contract's numbers, those that Ruby has an exception for

    def self.failure(number, text)
      case number
      when DENIED then Errno::EACCES.new(text)
      when TIMED_OUT then Net::ReadTimeout.new(text)
      else SocketError.new(text)
      end
    end

    # What Net::BufferedIO takes for a connected socket. The request is sent when all of it has been written.
    class Wire
      def initialize(base, timeout)
        @base, @timeout = base, timeout
        @written, @answer = "".b, "".b
      end

      def write_nonblock(data, exception: true)
        @written << data.b
        send_whole
        data.bytesize
      end

      def read_nonblock(size, buffer = nil, exception: true)
        piece = @answer.slice!(0, size)
        return piece.empty? ? nil : piece unless buffer

        piece.empty? ? nil : buffer.replace(piece)
      end

      def eof? = @answer.empty?

      def close = @closed = true

      def closed? = !!@closed

      private

      def send_whole
        head, mark, body = @written.partition("\r\n\r\n")
        return if mark.empty?

        first, *lines = head.split("\r\n")
        fields = lines.to_h { |line| line.downcase.split(/\s*:\s*/, 2) }
        if fields["transfer-encoding"] == "chunked"
          body = joined(body) or return
        elsif body.bytesize < fields["content-length"].to_i
          return
        end
        @written = "".b
        method, target = first.split
        status, _, headers, body = Lull.exchange(method, target.start_with?("/") ? @base + target : target, lines, body, @timeout)
        raise HTTP.failure(status, body) if status < 0

        @answer = reply(method, status, headers, body)
      end

      def reply(method, status, headers, body)
        drop = %w[connection keep-alive transfer-encoding]
        drop << "content-length" unless method == "HEAD"
        headers = headers.reject { |line| drop.include?(line[/\A[^:]*/].downcase) }
        headers << "Content-Length: #{body.bytesize}" unless method == "HEAD"
        reason = Net::HTTPResponse::CODE_TO_OBJ[status.to_s]&.name.to_s.delete_prefix("Net::HTTP")
        ["HTTP/1.1 #{status} #{reason}", "Connection: close", *headers].join("\r\n").b << "\r\n\r\n" << body
      end

      # Takes chunks out of their coding; nil if the last one is not there yet.
      def joined(chunks)
        body = "".b
        loop do
          size, mark, rest = chunks.partition("\r\n")
          size = size.to_i(16)
          return if mark.empty? || rest.bytesize < size + 2
          return body if size.zero?

          body << rest.byteslice(0, size)
          chunks = rest.byteslice(size + 2..)
        end
      end
    end
  end
end

class Net::HTTP
  private

  def connect
    host = address.include?(":") ? "[#{address}]" : address
    @socket = Net::BufferedIO.new(Lull::HTTP::Wire.new("#{use_ssl? ? "https" : "http"}://#{host}:#{port}", @read_timeout),
                                  read_timeout: @read_timeout, write_timeout: @write_timeout,
                                  continue_timeout: @continue_timeout, debug_output: @debug_output)
    @last_communicated = nil
    on_connect
  end
end
