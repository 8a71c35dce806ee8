import { existsSync } from 'node:fs'
import { type Config, type ConfigSource, openConfigSource, USUAL_CONFIG_FILE } from '../config.ts'

/** The file named by --config, else the usual one where there is one; the environment lies over it. */
export const findConfig = (file: string | undefined): Config => findConfigSource(file).read({})

export const findConfigSource = (file: string | undefined): ConfigSource =>
  openConfigSource(file ?? (existsSync(USUAL_CONFIG_FILE) ? USUAL_CONFIG_FILE : undefined), process.env)
