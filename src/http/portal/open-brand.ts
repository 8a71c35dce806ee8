import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { type Brand, brandOf } from '../../../portal/customer/brand.ts'
import type { Config } from '../../config.ts'
import { MlangoError } from '../../errors.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
}

/** It travels inside every page, to phones at the edge of the WiFi. */
const LARGEST_LOGO_BYTES = 4096

/** The operator's colour and logo, read once at the start: a page is one answer with everything in it. */
export function openBrand({ color, logo }: Config['site']): Brand {
  return brandOf({ colour: color, logo: logo === undefined ? undefined : dataAddress(logo) })
}

function dataAddress(file: string): string {
  const type = TYPES[extname(file).toLowerCase()]
  if (type === undefined) throw refusal(file, `is none of ${Object.keys(TYPES).join(', ')}`)
  const bytes = read(file)
  if (bytes.length > LARGEST_LOGO_BYTES) {
    throw refusal(
      file,
      `has ${bytes.length} bytes; it goes along with every page, so ${LARGEST_LOGO_BYTES} are allowed`,
    )
  }
  return `data:${type};base64,${bytes.toString('base64')}`
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw refusal(file, 'cannot be read', cause)
  }
}

const refusal = (file: string, why: string, cause?: unknown) =>
  new MlangoError('config-invalid', `[site] logo names ${file}, which ${why}`, { cause })
