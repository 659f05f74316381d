# This function greets whoever calls it, counts its calls, and says so when it pauses.
#
#     lull deploy NAME .
#     lull invoke NAME -d Ada

$calls = 0 # lives as long as the instance

def handler(event:, context:)
  $calls += 1
  raise ArgumentError, "whom shall I greet? send a name" if event.empty?

  "hello #{event}\n"
end

def pre_freeze(context:)
  puts "pausing calls=#{$calls}"
end

def pre_stop(context:)
  puts "stopping calls=#{$calls}"
end
