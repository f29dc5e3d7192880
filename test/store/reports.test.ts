import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { openCatalogue } from '../../store/catalogue/open.ts'
import { createReportRetention } from '../../store/reportRetention.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { silent } from './catalogueFixture.ts'

const DAY_MS = 86_400_000
const SECRET = 'the lift smells of durian'

it('the text of a report is gone from the disk some days after it was closed, and the rest stays', async () => {
  await using folder = await temporaryFolder()
  const file = path.join(folder.path, 'catalogue.sqlite')
  const clock = { nowMs: 1_000 * DAY_MS }
  const now = () => clock.nowMs
  using stack = new DisposableStack()
  const catalogue = stack.adopt(openCatalogue({ file, log: silent, now }), (it) => it.close())
  const { reports, audit } = catalogue
  const add = (text: string) =>
    reports.add({ building: 'library', zone: null, category: 'lift', text, createdMs: clock.nowMs })
  const closed = add(SECRET)
  const open = add('the lamp on floor 4 flickers')
  const later = add('the tap drips')
  const outcome = { en: 'Cleaned' }
  reports.change(closed.report.id, { status: 'done', outcome, changedMs: clock.nowMs })
  reports.change(later.report.id, { status: 'declined', outcome, changedMs: clock.nowMs + 5 * DAY_MS })
  // Named again, it does not stay longer.
  reports.change(closed.report.id, { status: 'declined', outcome, changedMs: clock.nowMs + 5 * DAY_MS })
  const onDisk = (): string =>
    [file, `${file}-wal`]
      .filter((name) => existsSync(name))
      .map((name) => readFileSync(name, 'latin1'))
      .join('')
  const retain = () => createReportRetention({ catalogue, days: 30, now, log: silent }).close()

  clock.nowMs += 30 * DAY_MS
  retain()
  expect(onDisk().includes(SECRET)).toBe(true)
  clock.nowMs += 1
  retain()
  expect(onDisk().includes('durian')).toBe(false)
  expect(reports.byToken(closed.token)).toMatchObject({ text: null, category: 'lift', outcome })
  expect(reports.byToken(open.token)?.text).toBe('the lamp on floor 4 flickers')
  expect(reports.byToken(later.token)?.text).toBe('the tap drips')
  retain()
  expect(audit.list({ action: 'report.erase' })).toMatchObject([{ detail: { texts: 1, days: 30 } }])
})
