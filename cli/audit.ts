import type { Command } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { verifyAuditFile } from '../store/catalogue/auditFile.ts'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printJson, printTable, say } from './output.ts'

interface Entry {
  seq: number
  time: string
  actor: { kind: string; id: string; name: string | null }
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
  endKnown: boolean
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
    .option('--except <name>', 'leave this action out, or all with this word before the dot')
    .option('--each', 'a line for each access, also where one actor had many in a row')
    .addHelpText(
      'after',
      example(
        'npx nadi audit list --action device --since 2026-11-24',
        'npx nadi audit list --actor siti',
        'npx nadi audit list --except access',
      ),
    )
    .action(async ({ since, actor, action, except, each, json, ...at }) => {
      const query = new URLSearchParams({
        limit: '1000',
        ...(since !== undefined && { since }),
        ...(actor !== undefined && { actor }),
        ...(action !== undefined && { action }),
        ...(except !== undefined && { except }),
      })
      const entries = await Array.fromAsync(connectCity(at).all<Entry>(`/v1/audit?${query.toString()}`))
      if (json) return printJson({ items: entries })
      printTable(
        ['seq', 'time', 'actor', 'action', 'subject', 'detail'],
        (each ? entries.map((entry) => [entry]) : runsOf(entries)).map(cellsOf),
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
      if (!found.endKnown) {
        throw new NadiError(
          'conflict',
          `The chain of ${found.entries} entries is whole, but its end cannot be proven: audit-anchors.jsonl beside the catalogue is missing or empty, and it alone tells of entries that were cut off. ` +
            'Ask again with a hash that was noted elsewhere (--head HASH), or compare with a backup (--file FOLDER of one that was restored). The city notes its head anew at the next start.',
        )
      }
      if (!json)
        say(`The audit log is whole: ${found.entries} entries, the newest with hash ${found.head.hash}.`)
    })
}

/** Entries, and accesses that one actor had one after the other together: a reader of MQTT has one for each topic. */
const runsOf = (entries: readonly Entry[]): Entry[][] => {
  const runs: Entry[][] = []
  for (const entry of entries) {
    const last = runs.at(-1)
    const first = last?.[0]
    const isSame =
      first?.action === entry.action &&
      first.actor.kind === entry.actor.kind &&
      first.actor.id === entry.actor.id
    if (last && isSame && entry.action.startsWith('access.')) last.push(entry)
    else runs.push([entry])
  }
  return runs
}

const cellsOf = (run: readonly Entry[]): (string | number | null)[] => {
  const [first] = run
  const last = run.at(-1)
  if (!first || !last) return []
  const { id, kind, name } = first.actor
  const actor = `${kind}:${id}${name === null ? '' : ` (${name})`}`
  if (run.length === 1) {
    const detail = Object.entries(first.detail).map(([field, value]) => `${field}=${String(value)}`)
    return [first.seq, first.time, actor, first.action, first.subject, detail.join(' ')]
  }
  const subjects = new Set(run.map(({ subject }) => subject)).size
  const until = `to seq ${last.seq}, ${last.time}; --each lists them`
  return [first.seq, first.time, actor, first.action, `${run.length} entries, ${subjects} subjects`, until]
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
