# What runs before a user's code, and between it and the host.
#
# The host calls Lull.buffers and Lull.load once, and Lull.call for each event. Events and answers are passed in two strings whose memory the host knows:
# reading and writing files is dear in this build of Ruby, where each setjmp moves the stack. What does not fit comes by standard input and goes to
# /fc/reply. A record of the log with a level is written to /fc/log/LEVEL; what is printed needs no help.
require "json"
require "logger"

module Lull
  CODE = "/code"
  BOOT = __FILE__
  LEVELS = %w[debug info warn error error error].freeze # by Logger's severities
  MAIN = TOPLEVEL_BINDING.receiver
  REST = IO.for_fd(0, "rb", autoclose: false) # the user may close STDIN
  ROOM = 65_536
  IN, OUT = Array.new(2) { "\0".b * ROOM } # OUT begins with the answer's length, in 4 bytes

  # A file or a function that the configuration names and that is not there.
  class HandlerNotFound < StandardError; end

  # An error that the handler reports in its own words: see Context#fail.
  class Failure < StandardError
    attr_reader :type, :stack

    def initialize(type, message, stack)
      super(message)
      @type, @stack = type, stack
    end
  end

  # What handlers and hooks get as context.
  class Context
    # The part that is the same in all calls of an instance, as JSON has it.
    class << self; attr_accessor :shared; end
    self.shared = {}

    attr_reader :phase, :request_id, :deadline, :status, :headers
    alias requestId request_id

    def initialize(phase, request_id, deadline, qualifier, http)
      @phase, @request_id, @deadline = phase, request_id, deadline.to_i # milliseconds since 1970
      @qualifier, @http, @headers = qualifier, http, []
    end

    # The request as a hash (method, path, query, clientIP, headers), or nil if it did not come by a URL.
    def http
      @http = (JSON.parse(@http) unless @http.empty?) if @http.is_a?(String)
      @http
    end

    # All of the context, with the names that JSON has.
    def to_h
      h = Context.shared.merge("requestId" => @request_id, "phase" => @phase, "deadline" => @deadline, "service" => service)
      h["http"] = http if http
      h
    end

    def [](name) = to_h[name.to_s]

    def to_json(*args) = to_h.to_json(*args)

    def service = Context.shared["service"].merge("qualifier" => @qualifier)

    def account_id = Context.shared["accountId"]

    def retry_count = Context.shared["retryCount"]

    def instance_id = Context.shared["instanceId"]

    %w[function credentials region tracing].each { |name| define_method(name) { Context.shared[name] } }

    def function_name = function["name"]

    # Milliseconds that are left of the call's time.
    def remaining_time_in_millis = @deadline - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)

    def logger = LOGGER

    # Sets the status of the answer to a request that came by a URL. The host refuses what is no status, also if another one follows.
    def status=(status)
      @status = Integer(status) unless @status && !@status.between?(200, 599)
    end

    # Adds a header to such an answer.
    def add_header(name, value)
      @headers << [name.to_s, value.to_s]
    end

    # Ends the call with an error of this type, message and stack, as one that the handler has handled.
    def fail(type, message, stack = []) = raise(Failure.new(type.to_s, message.to_s, stack.map(&:to_s)))

    def inspect = "#<Lull::Context #{@phase} #{@request_id}>"
  end

  # A record of the function's log with a level.
  def self.log(level, text)
    IO.binwrite("/fc/log/#{level}", text.to_s.chomp, mode: "wb")
  end

  # Loggers of standard output and standard error write records with their levels. What Logger's own format says besides the text, a
  # record has anyway.
  module LeveledLogger
    def add(severity, message = nil, progname = nil)
      severity ||= UNKNOWN
      device = @logdev&.dev
      return super unless severity >= level && (device.equal?(STDOUT) || device.equal?(STDERR))

      progname = @progname if progname.nil?
      if message.nil?
        message, progname = block_given? ? [yield, progname] : [progname, @progname]
      end
      text = if @formatter
               format_message(format_severity(severity), Time.now, progname, message)
             else
               said = message.is_a?(Exception) ? message.full_message(highlight: false) : message.is_a?(String) ? message : message.inspect
               progname ? "#{progname}: #{said}" : said
             end
      Lull.log(LEVELS[severity], text)
      true
    end
    alias log add
  end
  ::Logger.prepend(LeveledLogger)
  LOGGER = ::Logger.new(STDOUT)

  # Kernel#warn and the interpreter's own warnings.
  module Warnings
    def warn(message, category: nil)
      Lull.log("warn", message)
    end
  end
  ::Warning.singleton_class.prepend(Warnings)

  # The functions that the configuration names, and how they are called.
  Function = Struct.new(:method, :named, :count) do
    def call(**arguments)
      return method.call(**arguments.slice(*named)) if named

      method.call(*arguments.values.first(count))
    end
  end

  @functions = {}
  @names = {} # by file, what it has defined at the top

  class << self
    # Tells where the strings are.
    def buffers
      IO.binwrite("/fc/reply", [IN, OUT].pack("pp").unpack("LL").join(" "))
      true
    end

    # Loads the files of all functions, each once.
    def load
      answer do
        Context.shared = JSON.parse(IO.binread("/fc/context"))
        names = ENV.delete("LULL_FUNCTIONS").split("\n")
        names.group_by { |name| name.rpartition(".").first }.each do |file, of_file|
          path = require_file(file, of_file.first)
          of_file.each { |name| @functions[name] = find(name, path) }
        end
        Process.warmup # what is there is to stay: later collections need not look at it, and so copy it
        "="
      end
    end

    # Takes one event and answers it.
    def call
      answer do
        size = IN.to_i
        frame = IN.unpack1("a#{size}") # a copy
        frame << REST.read(size - ROOM) if size > ROOM
        times, request_id, what, event = frame.split("\n", 4)
        phase, qualifier, instance, http, name = what.split("\t", 5)
        deadline = times[11..] # behind the frame's length
        next ("=" + JSON.generate(@names[name.delete_suffix(".")] || [])).b if phase == "functions"

        unless instance.empty?
          Context.shared["instanceId"], Context.shared["service"]["versionId"] = instance.split(" ", -1)
          srand # the image has the generator's state
        end
        context = Context.new(phase, request_id, deadline, qualifier, http)
        function = @functions[name] or raise HandlerNotFound, "there is no function '#{name}'"
        phase == "handler" ? handle(function, event, context) : (function.call(context: context); "=")
      end
    end

    private

    # The value is an object that lives anyway: the host is given a reference and never gives it back.
    def answer
      reply = begin
        yield
      rescue Exception => e
        describe(e)
      end
      flush
      if reply.bytesize <= ROOM - 4
        OUT.bytesplice(0, reply.bytesize + 4, [reply.bytesize].pack("L") << reply)
      else
        IO.binwrite("/fc/reply", reply)
      end
      true
    end

    def handle(function, event, context)
      event.force_encoding(Encoding::UTF_8)
      event.force_encoding(Encoding::BINARY) unless event.valid_encoding?
      answer = function.call(event: event, context: context)
      answer = JSON.generate(answer) unless answer.is_a?(String)
      return "=".b << answer.b if context.status.nil? && context.headers.empty?

      "#".b << JSON.generate({ status: context.status, headers: context.headers }).b << "\n" << answer.b
    end

    def require_file(file, asked)
      raise HandlerNotFound, "'#{asked}' is not of the form file.function" if file.empty?

      path = File.expand_path("#{file}.rb", CODE)
      raise HandlerNotFound, "there is no #{path}, which '#{asked}' names" unless path.start_with?("#{CODE}/") && File.file?(path)

      before = Object.private_instance_methods(false)
      require path
      @names[file] = Object.private_instance_methods(false) - before
      path
    end

    def find(name, path)
      function = name.rpartition(".").last
      unless MAIN.respond_to?(function, true) && MAIN.method(function).source_location
        raise HandlerNotFound, "#{path} has no function '#{function}', which '#{name}' names"
      end

      method = MAIN.method(function)
      kinds = method.parameters.map(&:first)
      if kinds.include?(:keyrest)
        Function.new(method, %i[event context])
      elsif kinds.include?(:keyreq) || kinds.include?(:key)
        Function.new(method, method.parameters.map(&:last))
      else
        Function.new(method, nil, kinds.include?(:rest) ? 2 : kinds.size)
      end
    end

    def flush
      $stdout = stream(1) if $stdout.closed?
      $stderr = stream(2) if $stderr.closed?
      $stdout.flush
      $stderr.flush
    rescue Exception
      $stdout, $stderr = stream(1), stream(2)
    end

    def stream(fd) = IO.for_fd(fd, "w", autoclose: false).tap { |io| io.sync = true }

    # An exception as the host wants it. Frames of this file are left out.
    def describe(error)
      fault =
        case error
        when Failure
          { handled: true, type: error.type, message: text { error.message }, stack: error.stack.map { |s| text { s } } }
        else
          { type: text { error.class.name || error.class.inspect }, message: text { words(error) }, stack: trace(error) }
        end
      fault[:type] = "HandlerNotFound" if error.is_a?(HandlerNotFound)
      "!".b << JSON.generate(fault).b
    end

    def words(error)
      error.is_a?(SystemExit) ? "the code called exit(#{error.status})" : error.message
    end

    def trace(error)
      return [] if error.is_a?(HandlerNotFound)

      lines = (error.backtrace || []).reject { |line| line.start_with?(BOOT) || line.start_with?("<internal:") }
      if (cause = error.cause)
        lines += ["caused by #{cause.class}: #{text { cause.message }}"] + trace(cause)
      end
      lines.first(200).map { |line| text { line } }
    end

    # Text of the user's code, which may be anything or fail.
    def text
      said = yield.to_s.dup
      said = said.force_encoding(Encoding::UTF_8) if said.encoding == Encoding::BINARY
      said.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    rescue Exception => e
      "<no text: #{e.class}>"
    end
  end
end

# This build has them and does something else.
module Lull::NoProcesses
  %i[system spawn exec ` fork].each do |name|
    define_method(name) { |*| raise NotImplementedError, "#{name}: there are no processes here" }
  end
end
Kernel.prepend(Lull::NoProcesses)
Kernel.singleton_class.prepend(Lull::NoProcesses)
Process.singleton_class.prepend(Lull::NoProcesses)
IO.define_singleton_method(:popen) { |*| raise NotImplementedError, "popen: there are no processes here" }
Process.define_singleton_method(:kill) { |*| raise NotImplementedError, "kill: there are no processes here" }

STDOUT.sync = true
$LOAD_PATH.unshift(Lull::CODE, "/boot/lib")
$PROGRAM_NAME = "ruby"
Lull
