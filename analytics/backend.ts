import { createRequire } from 'node:module'
import path from 'node:path'
import util from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'

/**
 * The engine under the network: tfjs-node where someone installed it (`npm install @tensorflow/tfjs-node`), else
 * WebAssembly, else plain JavaScript. All give the same forecast to within a thousandth.
 */
export interface Backend {
  readonly name: BackendName
  readonly tf: typeof tf
}

export type BackendName = 'tfjs-node' | 'wasm' | 'cpu'

/** As TensorFlow.js registers them. */
const REGISTERED: Readonly<Record<BackendName, string>> = {
  'tfjs-node': 'tensorflow',
  wasm: 'wasm',
  cpu: 'cpu',
}

/**
 * The first of `candidates` that works. TensorFlow.js has one engine a thread, so the last call decides for the thread.
 */
export const createBackend = async ({
  candidates = ['tfjs-node', 'wasm', 'cpu'],
}: { candidates?: readonly BackendName[] } = {}): Promise<Backend> => {
  // Without this it advertises tfjs-node on standard output.
  tf.enableProdMode()
  for (const name of candidates) if (await starts(name)) return { name, tf }
  throw new Error(`None of the backends ${candidates.join(', ')} of TensorFlow.js starts.`)
}

const starts = async (name: BackendName): Promise<boolean> => {
  if (name === 'tfjs-node' && !(await hasTfjsNode())) return false
  if (name === 'wasm' && tf.getBackend() !== 'wasm') setWasmPaths(wasmFolder())
  return tf.setBackend(REGISTERED[name]).catch(() => false)
}

const wasmFolder = (): string =>
  path.dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')) + path.sep

const hasTfjsNode = async (): Promise<boolean> => {
  // tfjs-node 4.22 calls this function of old, which Node 23 took away.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value === null || value === undefined })
  try {
    // Not a literal: the package is an optional peer and has no types here.
    const optional = '@tensorflow/tfjs-node'
    await import(optional)
    return true
  } catch {
    // Not installed, or its native library does not load: the next candidate serves.
    return false
  }
}
