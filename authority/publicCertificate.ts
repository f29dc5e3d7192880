import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import { NadiError } from '../city/errors.ts'
import type { TlsSource } from './tlsSource.ts'

/**
 * A certificate from elsewhere (a public authority's) in front of the city's own: shown to those who ask for a host name
 * that it covers, so that browsers trust the page. Everybody else, the city's own programs on this machine among
 * them, is shown the city's own. Read again when its files change.
 */
export interface PublicCertificate extends Disposable {
  tls: TlsSource
  expiresMs(): number
  close(): void
}

export interface PublicCertificateOptions {
  own: TlsSource
  certFile: string
  keyFile: string
  /** Wall clock, epoch milliseconds. */
  now: () => number
  log: Logger
  checkEveryMs?: number
}

const CHECK_EVERY_MS = 60_000

/** Throws `invalid-input` when the files cannot be used. */
export const openPublicCertificate = async ({
  own,
  certFile,
  keyFile,
  now,
  log,
  checkEveryMs = CHECK_EVERY_MS,
}: PublicCertificateOptions): Promise<PublicCertificate> => {
  let shown = await load(own, certFile, keyFile)
  if (shown.expiresMs <= now()) log.warn({ certFile }, 'the certificate of NADI_TLS_CERT has expired')

  const reread = async (): Promise<void> => {
    try {
      const found = await load(own, certFile, keyFile)
      if (found.text === shown.text) return
      shown = found
      log.info(
        { expires: new Date(found.expiresMs).toISOString() },
        'NADI_TLS_CERT has changed and is served',
      )
    } catch (error) {
      // A renewal writes two files, one after the other.
      log.warn({ err: error }, 'NADI_TLS_CERT has changed and cannot be used: the one before is still served')
    }
  }
  const timer = setInterval(() => void reread(), checkEveryMs)
  timer.unref()
  const close = (): void => clearInterval(timer)

  const SNICallback: NonNullable<TlsOptions['SNICallback']> = (name, done) => {
    const isCovered = shown.certificate.checkHost(name) !== undefined
    // Without a context the server's own is used; its types know only of one.
    done(null, isCovered ? shown.context : undefined)
  }
  return {
    tls: { options: () => ({ ...own.options(), SNICallback }), onRenewed: (apply) => own.onRenewed(apply) },
    expiresMs: () => shown.expiresMs,
    close,
    [Symbol.dispose]: close,
  }
}

interface Loaded {
  text: string
  certificate: X509Certificate
  context: SecureContext
  expiresMs: number
}

const load = async (own: TlsSource, certFile: string, keyFile: string): Promise<Loaded> => {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
    const certificate = new X509Certificate(cert)
    // An empty key is no key to `createSecureContext`, and nobody could connect.
    if (!certificate.checkPrivateKey(createPrivateKey(key))) throw new Error('the key is another one’s')
    const { ca, minVersion, secureOptions } = own.options()
    const context = createSecureContext({ cert, key, ca, minVersion, secureOptions })
    return { text: cert + key, certificate, context, expiresMs: Date.parse(certificate.validTo) }
  } catch (cause) {
    throw new NadiError(
      'invalid-input',
      `The certificate ${certFile} cannot be served with the key ${keyFile}. NADI_TLS_CERT must name a PEM file (with what its authority gave along), NADI_TLS_KEY that of its key.`,
      {
        cause,
        problems: [{ pointer: 'NADI_TLS_CERT', detail: cause instanceof Error ? cause.message : '' }],
      },
    )
  }
}
