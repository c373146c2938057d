import { connectRedis } from '@writ/redis'
import { brakesSuite } from './brakes.suite.ts'

brakesSuite('in Redis', async () => {
  // oxlint-disable-next-line node/no-process-env -- the test run says where its Redis is
  const redis = connectRedis(`${process.env['WRIT_TEST_REDIS_URL'] ?? ''}/11`)
  await redis.whenReady(5_000)
  await redis.client.flushdb()
  return redis
})
