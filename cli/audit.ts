import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { verifyAuditFile } from '../store/catalogue/auditFile.ts'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printable, printJson, printTable, say } from './output.ts'

interface Entry {
  seq: number
  time: string
  actor: { kind: string; id: string }
  action: string
  subject: string
  detail: Record<string, unknown>
}

interface Head {
  seq: number
  time: string | null
  hash: string
}

interface Verification {
  entries: number
  head: Head
  problem: { seq: number; reason: string } | null
}

/** `nadi audit`: who did what, who saw exact numbers, and whether the log of it is whole. */
export const register = (program: Command): void => {
  const audit = program
    .command('audit')
    .description('Who did what, and who saw numbers that not everybody sees')
    .addHelpText('after', example('npx nadi audit list --since 2026-11-24', 'npx nadi audit verify'))

  withCity(audit.command('list'))
    .description('lists entries, oldest first')
    .option('--since <time>', 'from this time on (ISO 8601)')
    .option('--actor <id>', "a person's name, a key's or device's id, or kind:id")
    .option('--action <name>', 'an action, or the word before its dot')
    .addHelpText(
      'after',
      example('npx nadi audit list --action device --since 2026-11-24', 'npx nadi audit list --actor siti'),
    )
    .action(async ({ since, actor, action, json, ...at }) => {
      const query = new URLSearchParams({
        limit: '1000',
        ...(since !== undefined && { since }),
        ...(actor !== undefined && { actor }),
        ...(action !== undefined && { action }),
      })
      const entries = await Array.fromAsync(connectCity(at).all<Entry>(`/v1/audit?${query.toString()}`))
      if (json) return printJson({ items: entries })
      printTable(
        ['seq', 'time', 'actor', 'action', 'subject', 'detail'],
        entries.map(({ seq, time, actor, action, subject, detail }) => [
          seq,
          time,
          printable(`${actor.kind}:${actor.id}`),
          action,
          printable(subject),
          printable(
            Object.entries(detail)
              .map(([name, value]) => `${name}=${String(value)}`)
              .join(' '),
          ),
        ]),
      )
    })

  withCity(audit.command('head'))
    .description("prints the newest entry's hash; note it where nobody of the city can change it")
    .addHelpText('after', example('npx nadi audit head'))
    .action(async ({ json, ...at }) => {
      const head = await connectCity(at).get<Head>('/v1/audit/head')
      if (json) return printJson(head)
      print(`entry  ${head.seq}\ntime   ${head.time ?? '-'}\nhash   ${head.hash}`)
    })

  withCity(audit.command('verify'))
    .description('walks the whole chain and tells the first broken link')
    .option('--head <hash>', 'a hash noted earlier, which must be in the log')
    .option('--file <path>', 'a data folder or catalogue.sqlite to look at instead of a running city')
    .addHelpText(
      'after',
      example('npx nadi audit verify --head HASH', 'npx nadi audit verify --file /mnt/copy-of-data'),
    )
    .action(async ({ head, file, json, ...at }) => {
      const found = await (file === undefined ? askCity(at, head) : readFile(file, head))
      if (json) printJson(found)
      if (found.problem) {
        throw new NadiError(
          'conflict',
          `The audit log is broken: ${found.problem.reason}. ${found.entries} entries before it are whole; compare with a backup.`,
        )
      }
      if (!json)
        say(`The audit log is whole: ${found.entries} entries, the newest with hash ${found.head.hash}.`)
    })
}

/** As the city's API tells it. */
const readFile = async (file: string, expected: string | undefined): Promise<Verification> => {
  const { head, ...found } = await verifyAuditFile(file, { head: expected })
  const { seq, timeMs, hash } = head
  return { ...found, head: { seq, time: seq === 0 ? null : new Date(timeMs).toISOString(), hash } }
}

const askCity = (at: { url?: string | undefined; token?: string | undefined }, head: string | undefined) => {
  const query = new URLSearchParams({ ...(head !== undefined && { head }) })
  return connectCity(at).get<Verification>(`/v1/audit/verification?${query.toString()}`)
}
