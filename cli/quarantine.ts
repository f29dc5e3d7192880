import { type Command, InvalidArgumentError } from '@commander-js/extra-typings'
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
}

const packNumber = (text: string, before: number[] | undefined): number[] => {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('Give the number of a pack, as the list shows it.')
  return [...(before ?? []), Number(text)]
}
