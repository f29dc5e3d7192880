import type { Command } from '@commander-js/extra-typings'
import { connectCity } from './city.ts'
import { example, withCity } from './options.ts'
import { printJson, printTable, say } from './output.ts'

interface Label {
  id: number
  about: string
  from: string
  to: string
  reason: string
  createdAt: string
  createdBy: string
}

/** `nadi label`: periods that are bad for a reason that no detector can know. */
export const register = (program: Command): void => {
  const label = program
    .command('label')
    .description('Periods marked as bad: left out of training, flagged in exports')
    .addHelpText('after', example(ADD, 'npx nadi label list', 'npx nadi label remove 7'))

  withCity(label.command('add').argument('<path>', 'a Datastream, or a Thing with all at and below it'))
    .description('marks a period as bad')
    .requiredOption('--from <time>', 'first time (ISO 8601; without an offset local to the building)')
    .requiredOption('--to <time>', 'end, exclusive')
    .requiredOption('--reason <text>', 'why: shown in exports')
    .addHelpText('after', example(ADD))
    .action(async (about, { from, to, reason, json, ...at }) => {
      const kept = await connectCity(at).post<Label>('/v1/labels', { about, from, to, reason })
      if (json) return printJson(kept)
      say(`Label ${kept.id}: ${kept.about} is bad from ${kept.from} to ${kept.to}.`)
    })

  withCity(label.command('list').argument('[path]', 'only what concerns it'))
    .description('lists labels')
    .addHelpText('after', example('npx nadi label list library'))
    .action(async (about, { json, ...at }) => {
      const query = about === undefined ? '' : `?about=${encodeURIComponent(about)}`
      const all = await Array.fromAsync(connectCity(at).all<Label>(`/v1/labels${query}`))
      if (json) return printJson({ items: all })
      printTable(
        ['id', 'about', 'from', 'to', 'reason', 'by'],
        all.map(({ id, about: path, from, to, reason, createdBy }) => [
          id,
          path,
          from,
          to,
          reason,
          createdBy,
        ]),
      )
    })

  withCity(label.command('remove').argument('<id>', 'the number of a label'))
    .description('takes a label back')
    .addHelpText('after', example('npx nadi label remove 7'))
    .action(async (id, { json, ...at }) => {
      await connectCity(at).delete(`/v1/labels/${encodeURIComponent(id)}`)
      if (json) return printJson({ removed: Number(id) })
      say(`Label ${id} is gone.`)
    })
}

const ADD =
  'npx nadi label add library/energy --from 2026-11-03T08:00 --to 2026-11-03T12:00 --reason "meter exchanged"'
