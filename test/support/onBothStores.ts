import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** Which test files run on the embedded store and on InfluxDB: all that reach a store through `stores.ts`. */
const root = path.resolve(import.meta.dirname, '../..')
const SUPPORT = 'test/support/stores.ts'

/** Files (or folders) for which one store is enough, and why: asking both would take time and show nothing new. */
export const ON_ONE_STORE: Readonly<Record<string, string>> = {
  'test/api/audit.test.ts': 'what is recorded of a request, whatever the store',
  'test/api/login.test.ts': 'people and their sessions; no observation',
  'test/api/openapi.test.ts': 'the document, whatever the store',
  'test/broker/attacks/': 'who may do what; what is stored of it is asked for on both in ingest.test.ts',
  'test/broker/conformance/': 'MQTT, packet by packet',
  'test/broker/door.test.ts': 'the door by its ways in; what it stores is asked in ingest.test.ts on both',
  'test/broker/forbidden.test.ts': 'what never reaches the store',
  'test/broker/framingGuard.test.ts': 'what never reaches the store',
  'test/broker/identity.test.ts': 'who may connect',
  'test/broker/limits/': 'what is bounded in front of the store',
  'test/broker/openBroker.test.ts': 'a broker without a store',
  'test/broker/refusals.test.ts': 'who may not connect',
  'test/broker/tls.test.ts': 'who may connect',
  'test/broker/webSocket.test.ts': 'the same door by another way',
  'test/browser/page.test.ts': 'the page as drawn; its numbers are asked for in test/web on both',
  'test/cli/administration.test.ts': 'keys, users and devices; no observation',
  'test/cli/deviceCredentials.test.ts': 'passwords and certificates; no observation',
  'test/cli/usage.test.ts': 'help and wrong use',
  'test/import/mapping.test.ts': 'mappings as data; no observation',
  'test/import/sharedFiles.test.ts':
    'millions of readings through the import that smaller files take on both',
  'test/journey/backup.test.ts': 'either store is copied and filled in test/launch/backup.test.ts',
  'test/journey/lifecycle.test.ts': 'processes from start to stop; the path of a reading is taken on both',
  'test/journey/livePage.test.ts': 'the page as it changes; the stream behind it runs on both',
  'test/launch/clientCertificate.test.ts': 'who may connect',
  'test/launch/influxAway.test.ts': 'InfluxDB itself, ended and started',
  'test/launch/publicCertificate.test.ts': 'what the server shows',
}

/** Other files of the project that a file imports, by their path from the root. */
export const importsOf = (file: string): string[] =>
  Array.from(
    readFileSync(path.join(root, file), 'utf8').matchAll(/^(?:import|export|\}).* from '(\.[^']+)'$/gm),
    ([, specifier = '']) => path.posix.join(path.posix.dirname(file), specifier),
  )

/** Every test file that reaches a store, by whatever other files of `test/`. */
export const filesWithStore = (): string[] => {
  const known = new Map<string, boolean>()
  const reaches = (file: string): boolean => {
    const found = known.get(file)
    if (found !== undefined) return found
    known.set(file, file === SUPPORT)
    const answer =
      file === SUPPORT || importsOf(file).some((next) => next.startsWith('test/') && reaches(next))
    known.set(file, answer)
    return answer
  }
  return globSync('test/**/*.test.ts', { cwd: root }).filter(reaches).sort()
}

export const filesOnBothStores = (): string[] => {
  const one = Object.keys(ON_ONE_STORE)
  return filesWithStore().filter((file) => !one.some((named) => file.startsWith(named)))
}
