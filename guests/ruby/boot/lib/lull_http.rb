module Lull
  # Has the host send an HTTP request, and returns its status, its URL after redirects, header lines and body; or a status below 0 and, as body, what is wrong.
  def self.exchange(method, url, headers, body, seconds = nil, follow: false)
    head = ["#{method} #{url}", *headers].join("\n").b
    milliseconds = seconds ? [1, (seconds * 1000).to_i].max : 0 # 0: the call's deadline
    answer = File.open("/fc/fetch", "r+b") do |file|
      file.sync = true
      file.write("#{milliseconds} #{follow ? 1 : 0} #{head.bytesize}\n".b << head << body.b)
      file.read
    end
    line, rest = answer.split("\n", 2)
    status, length = line.split.map(&:to_i)
    return [status, nil, [], rest.force_encoding(Encoding::UTF_8)] if status < 0

    url, *lines = rest.byteslice(0, length).split("\n")
    [status, url, lines, rest.byteslice(length..)]
  end
end
