import { html } from 'hono/html'
import type { ReportStatus } from '../../../city/reports.ts'
import type { Html } from '../layout.ts'

const STEPS: Readonly<Record<ReportStatus, number>> = { received: 1, looking: 2, done: 3, declined: 0 }
const ALL = 3

/** How far a report is: three equal bars, as many solid as steps are done; none for one that was declined. */
export const reportSteps = (status: ReportStatus): Html =>
  html`<svg class="steps" width="100" height="20" aria-hidden="true">
    ${Array.from(
      { length: ALL },
      (_, step) =>
        html`<rect
          x="${step * 34 + 1}"
          y="1"
          width="28"
          height="18"
          class="${step < STEPS[status] ? 'step-done' : 'step-open'}"
        />`,
    )}
  </svg>`
