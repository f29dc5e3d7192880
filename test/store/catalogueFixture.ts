import path from 'node:path'
import { pino } from 'pino'
import type { Catalogue } from '../../store/catalogue/catalogue.ts'
import { openCatalogue, type CatalogueOptions } from '../../store/catalogue/open.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

export const silent = pino({ level: 'silent' })

/** A catalogue in a folder of its own that can be closed and opened again, as a restart would. */
export const temporaryCatalogue = async (options: Partial<CatalogueOptions> = {}) => {
  const folder = await temporaryFolder()
  const file = path.join(folder.path, 'catalogue.sqlite')
  const open = (): Catalogue => openCatalogue({ file, log: silent, ...options })
  let catalogue = open()
  return {
    file,
    folder: folder.path,
    get catalogue() {
      return catalogue
    },
    reopen(): Catalogue {
      catalogue.close()
      catalogue = open()
      return catalogue
    },
    async [Symbol.asyncDispose]() {
      catalogue.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
