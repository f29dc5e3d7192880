import type { Authority } from '../authority/openAuthority.ts'
import type { CertificateTable } from '../store/catalogue/catalogue.ts'

/** A list that is older is signed anew; the authority makes it valid for a week longer than this. */
const RENEWED_AFTER_MS = 86_400_000

export interface RevocationListParts {
  certificates: Pick<CertificateTable, 'list' | 'revision'>
  sign: Authority['revocations']
  /** Wall clock, epoch milliseconds. */
  now: () => number
}

/**
 * The list of revoked certificates in PEM, signed once and given to everybody until a certificate is revoked or the list
 * is a day old: anybody may ask for it, as often as they like, and a signature costs a thousand times as much as an
 * answer. Rejects with what the authority rejects with; then the next one asks again.
 */
export const createRevocationList = ({ certificates, sign, now }: RevocationListParts) => {
  let kept: { revision: number; signedMs: number; list: Promise<string> } | undefined

  const make = async (nowMs: number): Promise<string> =>
    sign(
      certificates
        .list()
        .filter(({ expiresMs }) => expiresMs > nowMs)
        .flatMap(({ serial, revokedMs }) => (revokedMs === null ? [] : [{ serial, revokedMs }])),
    )

  return (): Promise<string> => {
    const revision = certificates.revision()
    const nowMs = now()
    // A clock that was set back would give a list that is not valid yet.
    const isFresh = kept && nowMs >= kept.signedMs && nowMs - kept.signedMs < RENEWED_AFTER_MS
    if (kept && isFresh && kept.revision === revision) return kept.list
    const made = { revision, signedMs: nowMs, list: make(nowMs) }
    kept = made
    made.list.catch(() => {
      if (kept === made) kept = undefined
    })
    return made.list
  }
}
