import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
import { NadiError } from '../city/errors.ts'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { print, printable, printJson, printTable, say } from './output.ts'

interface Pack {
  id: number
  device: string
  topic: string
  arrivedAt: string
  reason: string
  sizeBytes: number
  payload: string
}

interface RetryAnswer {
  retried: number
  stored: number
  remaining: { id: number; reason: string }[]
  nextAfterId: number | null
}

/** `nadi quarantine`: packs that could not be understood, kept with the reason. */
export const register = (program: Command): void => {
  const quarantine = program
    .command('quarantine')
    .description('What devices sent that could not be understood')
    .addHelpText('after', example('npx nadi quarantine list', 'npx nadi quarantine retry 12'))

  withCity(quarantine.command('list'))
    .description('lists quarantined packs, oldest first')
    .option('--device <id>', 'of this device only')
    .option('--payload', 'show what was sent, too')
    .addHelpText('after', example('npx nadi quarantine list --device library-edge --payload'))
    .action(async ({ device, payload, json, ...at }) => {
      const query = new URLSearchParams({ limit: '1000', ...(device !== undefined && { device }) })
      const packs = await Array.fromAsync(connectCity(at).all<Pack>(`/v1/quarantine?${query.toString()}`))
      if (json) return printJson({ items: packs })
      printTable(
        ['id', 'device', 'arrived', 'bytes', 'reason'],
        packs.map((pack) => [pack.id, pack.device, pack.arrivedAt, pack.sizeBytes, pack.reason]),
      )
      if (payload) for (const pack of packs) print(`\n${pack.id}  ${pack.topic}\n${printable(pack.payload)}`)
    })

  withCity(quarantine.command('retry').argument('[id...]', 'numbers of packs; none: all', packNumber))
    .description('takes packs in again once the cause is gone')
    .option('--device <id>', 'of this device only')
    .addHelpText(
      'after',
      example('npx nadi quarantine retry 12', 'npx nadi quarantine retry --device library-edge'),
    )
    .action(async (ids, { device, json, ...at }) => {
      const city = connectCity(at)
      const total = { retried: 0, stored: 0, remaining: [] as RetryAnswer['remaining'] }
      const chosen = { ...(ids && ids.length > 0 && { ids }), ...(device !== undefined && { device }) }
      for (let afterId: number | null = 0; afterId !== null;) {
        const answer: RetryAnswer = await city.post('/v1/quarantine/retry', { ...chosen, afterId })
        total.retried += answer.retried
        total.stored += answer.stored
        total.remaining.push(...answer.remaining)
        afterId = answer.nextAfterId
      }
      if (json) return printJson(total)
      say(`Retried ${total.retried}: ${total.stored} stored, ${total.remaining.length} still not understood.`)
      if (total.remaining.length > 0) {
        printTable(
          ['id', 'reason'],
          total.remaining.map(({ id, reason }) => [id, reason]),
        )
      }
    })

  withCity(quarantine.command('drop').argument('[id...]', 'numbers of packs; none: all', packNumber))
    .description('throws packs away for good')
    .option('--device <id>', 'of this device only')
    .option('--yes', 'without asking')
    .addHelpText(
      'after',
      example('npx nadi quarantine drop 12', 'npx nadi quarantine drop --device library-edge --yes'),
    )
    .action(async (ids, { device, yes, json, ...at }) => {
      const city = connectCity(at)
      const query = new URLSearchParams({ limit: '1000', ...(device !== undefined && { device }) })
      const all = await Array.fromAsync(city.all<Pack>(`/v1/quarantine?${query.toString()}`))
      const wanted = ids && ids.length > 0 ? new Set(ids) : undefined
      const chosen = all.filter(({ id }) => wanted?.has(id) ?? true).map(({ id }) => id)
      // What arrives while somebody thinks it over was never shown to them.
      const unknown = [...(wanted ?? [])].find((id) => !chosen.includes(id))
      if (unknown !== undefined) {
        throw new NadiError(
          'not-found',
          `There is no quarantined pack ${unknown}${device === undefined ? '' : ` of "${device}"`}. Nothing was dropped: list them to see their numbers.`,
        )
      }
      if (chosen.length > 0 && yes !== true && !(await agreed(chosen.length))) {
        if (json) return printJson({ dropped: 0 })
        return say('Nothing was dropped.')
      }
      for (const id of chosen) await city.delete(`/v1/quarantine/${id}`)
      if (json) return printJson({ dropped: chosen.length })
      say(`Dropped ${chosen.length}.`)
    })
}

/** Asks whoever sits at a terminal; elsewhere only `--yes` says so. */
const agreed = async (packs: number): Promise<boolean> => {
  if (!process.stdin.isTTY) {
    throw new NadiError(
      'invalid-input',
      `Nothing was dropped: there is no terminal to ask on. Add --yes to drop ${packs} packs for good.`,
    )
  }
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: `Drop ${packs} packs for good?`, initialValue: false })
  return !isCancel(answer) && answer
}

const packNumber = (text: string, before: number[] | undefined): number[] => {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('Give the number of a pack, as the list shows it.')
  return [...(before ?? []), Number(text)]
}
