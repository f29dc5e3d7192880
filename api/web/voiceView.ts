import type { ReportCategory } from '../../city/reports.ts'
import type { VoteChoice, VoteCounts } from '../../city/votes.ts'
import type { Report } from '../../store/catalogue/reports.ts'

/** What pages show of votes and reports, ready to be drawn; the rest of them is in `view.ts`. */

/** A part of a building that a vote or report may be about. */
export interface Zone {
  id: string
  name: string
}

/** What citizens say of a building, and what came of it. */
export interface VoiceView {
  zones: Zone[]
  /** Of the last whole week; null where too few to be told. */
  votes: {
    counts: VoteCounts<number | null>
    /** Parts with enough votes. */
    zones: { name: string; counts: VoteCounts<number | null> }[]
  }
  /** What votes changed, the newest first. */
  changes: { dayMs: number; zone: string | null; text: ToldText }[]
  /** Days after which the text of a closed report is erased, where known. */
  reportDays: number | null
}

/** A text of staff, in the page's language where they wrote it so. */
export interface ToldText {
  text: string
  language: 'id' | 'en'
}

/** What one visitor did on a building's page just now. */
export interface Visit {
  /** What this browser voted within the hour, and when it may again. */
  vote?: { choice: VoteChoice; againMs: number } | undefined
  /** A vote that was not counted, because too many came from this address. */
  voteRefused?: { againMs: number } | undefined
  /** A report that was not taken: as it was written, and why. */
  report?: {
    category: ReportCategory | null
    zone: string | null
    text: string
    problem: ReportProblem
  }
}

export type ReportProblem = 'empty' | 'long' | 'often' | 'full'

/** A report as whoever has its link sees it. */
export interface ReportView {
  report: Pick<Report, 'id' | 'category' | 'text' | 'status' | 'createdMs' | 'changedMs'>
  buildingId: string
  buildingName: string
  demonstration: boolean
  zone: string | null
  outcome: ToldText | null
  nowMs: number
  /** Whole address of this page. */
  address: string
  reportDays: number | null
}
