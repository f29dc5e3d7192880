import { NadiError } from '../city/errors.ts'
import type { Report } from '../store/catalogue/reports.ts'
import type { VoteChange } from '../store/catalogue/voteChanges.ts'
import { audited } from './audit.ts'
import type { ApiContext } from './context.ts'
import type { Principal } from './env.ts'

/** What operators answer citizens, by `/v1` and by `/ops/citizens`: each act with its entry in the audit log. */

type Needed = Pick<ApiContext, 'catalogue' | 'now'>

/** As many are kept: each building's page reads its newest. */
const MAX_CHANGES = 10_000

/** Says how far a report is; an absent outcome stays. Throws `not-found`. */
export const changeReport = (
  context: Needed,
  principal: Principal,
  id: number,
  { status: to, outcome }: { status: Report['status']; outcome?: Report['outcome'] | undefined },
): Report => {
  const { reports } = context.catalogue
  return audited(
    context,
    principal,
    () =>
      reports.change(id, {
        status: to,
        outcome: outcome ?? reports.find(id)?.outcome ?? {},
        changedMs: context.now(),
      }),
    ({ building }) => ({ action: 'report.change', subject: building, detail: { id, status: to } }),
  )
}

/** Tells what votes changed. Throws `conflict` when there are too many. */
export const addVoteChange = (
  context: Needed,
  principal: Principal,
  told: Pick<VoteChange, 'building' | 'zone' | 'day' | 'text'>,
): VoteChange => {
  const { voteChanges } = context.catalogue
  if (voteChanges.count() >= MAX_CHANGES) {
    throw new NadiError('conflict', `There are ${MAX_CHANGES} changes already. Remove old ones first.`)
  }
  return audited(
    context,
    principal,
    () => voteChanges.add({ ...told, createdMs: context.now(), createdBy: principal.id }),
    ({ id, building, day: date }) => ({ action: 'vote.change.add', subject: building, detail: { id, date } }),
  )
}

/** Takes back what was told of a change. Throws `not-found`. */
export const removeVoteChange = (context: Needed, principal: Principal, id: number): VoteChange =>
  audited(
    context,
    principal,
    () => context.catalogue.voteChanges.remove(id),
    ({ building }) => ({ action: 'vote.change.remove', subject: building, detail: { id } }),
  )
