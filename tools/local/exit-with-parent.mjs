// Loaded into every service before its own code: no service outlives the process that started it, whatever it is doing.
// A service that stops in order does so sooner, by its own handler.
if (process.channel) {
  process.once('disconnect', () => setTimeout(end, 10_000).unref())
  // Listening must not keep alive a program that ends by itself.
  process.channel.unref()
}

function end() {
  console.error('whoever started this process is gone, and it did not stop in order within 10 s')
  process.exit(1)
}
