// Loaded into every service before its own code: no service outlives the process that started it, whatever it is doing.
// A service that stops in order does so sooner, by its own handler.
if (process.channel) {
  process.once('disconnect', () => setTimeout(() => process.exit(1), 10_000).unref())
  // Listening must not keep alive a program that ends by itself.
  process.channel.unref()
}
