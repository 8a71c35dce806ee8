import { readFileSync } from 'node:fs'
import { installedAt } from './installed-at.ts'

/** Of this build, as package.json says it. */
export const VERSION: string = JSON.parse(readFileSync(new URL('package.json', installedAt), 'utf8')).version
