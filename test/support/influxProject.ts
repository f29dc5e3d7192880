import { startInflux } from './influx.ts'

/** Starts the server that all files of the project `influx` share, and ends it after them. */
export default async function setup(): Promise<() => PromiseLike<void>> {
  const server = await startInflux()
  process.env['NADI_TEST_INFLUX_URL'] = server.url
  return () => server[Symbol.asyncDispose]()
}
