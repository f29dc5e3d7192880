/**
 * A period that somebody has marked as bad: a meter that was exchanged, a building that was closed for repairs. The
 * readings stay; training leaves them out, and exports show the mark.
 */
export interface Label {
  /** The Datastream, or the Thing with all that is observed at and below it. */
  about: string
  fromMs: number
  /** Exclusive. */
  toMs: number
  reason: string
}

/** Whether a label for `about` is one for the Datastream. */
export const coversDatastream = (about: string, datastream: string): boolean =>
  about === datastream || datastream.startsWith(`${about}/`)

/** The reasons why a stretch of a Datastream is bad, each once; none where it is not labelled. */
export const reasonsWithin = (
  labels: readonly Label[],
  datastream: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): string[] => [
  ...new Set(
    labels
      .filter(
        (label) => coversDatastream(label.about, datastream) && label.fromMs < toMs && label.toMs > fromMs,
      )
      .map(({ reason }) => reason),
  ),
]
