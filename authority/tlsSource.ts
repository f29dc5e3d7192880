import type { TlsOptions } from 'node:tls'

/** What a TLS server of the city is made with, and hears of when a certificate was renewed. */
export interface TlsSource {
  /**
   * TLS 1.2 or newer. Asks for a client's certificate and refuses none: whoever serves judges it, and only then can a
   * client be told why.
   */
  options(): TlsOptions & { cert: string; key: string; ca: string }
  /** Calls `apply` whenever `options` have changed; what it returns ends that. */
  onRenewed(apply: () => void): () => void
}

/** Hands each renewal on to a server: connections that are open stay as they are. */
export const keepRenewed = (
  server: { setSecureContext(options: TlsOptions): void },
  source: TlsSource,
): (() => void) => source.onRenewed(() => server.setSecureContext(source.options()))
