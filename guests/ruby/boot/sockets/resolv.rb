# Net::HTTP asks it for nothing: the host finds addresses.
