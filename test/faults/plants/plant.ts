/**
 * Bugs that a process of the suite can be composed with, to show that the suite notices. Each replaces or wraps a part
 * where the test process is put together; nothing of the city knows of them.
 */
export const PLANTS = [
  /** The core: a publish is acknowledged while its commit is still to come. */
  'acknowledge-before-commit',
  /** The core: a store without identity, in which a resend is a second row. */
  'no-duplicate-control',
  /** The agent: a row leaves the spool when it is sent. */
  'release-before-puback',
  /** Core and agent: `fsync` does nothing (libeatmydata). Shows in a power cut alone. */
  'no-fsync',
] as const

export type Plant = (typeof PLANTS)[number]

export const isPlant = (text: string): text is Plant => PLANTS.some((plant) => plant === text)
