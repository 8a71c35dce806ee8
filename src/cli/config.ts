import { readFileSync } from 'node:fs'
import { type Config, withoutSecrets } from '../config.ts'
import { MlangoError } from '../errors.ts'
import { fileFault } from '../file-fault.ts'
import { type Command, readWords } from './command.ts'
import { findConfig } from './find-config.ts'
import { print } from './print.ts'

const check: Command = {
  name: 'config check',
  usage: '',
  summary: 'say whether the configuration is right',
  async run(words) {
    const { options } = readWords(words, {})
    const config = findConfig(options.config)
    requireFiles(config)
    print(options.json, { ok: true }, () => ['The configuration is right.'])
    return 0
  },
}

/** What the configuration names must be there. Throws `config-invalid`. */
function requireFiles({ site, http, radius, cloud }: Config): void {
  const named = {
    '[site] logo': site.logo,
    '[http] tls_cert': http.tls_cert,
    '[http] tls_key': http.tls_key,
    '[radius] radsec_cert': radius.radsec_cert,
    '[radius] radsec_key': radius.radsec_key,
    '[radius] radsec_ca': radius.radsec_ca,
    '[cloud] ca': cloud.ca,
    '[cloud] cert': cloud.cert,
    '[cloud] key': cloud.key,
  }
  for (const [key, file] of Object.entries(named)) {
    try {
      if (file !== undefined) readFileSync(file)
    } catch (cause) {
      throw new MlangoError('config-invalid', `${key} names ${file}, which cannot be read: ${fileFault(cause)}.`, {
        cause,
      })
    }
  }
}

const show: Command = {
  name: 'config print',
  usage: '',
  summary: 'show the configuration in force, without its secrets',
  async run(words) {
    const { options } = readWords(words, {})
    const config = withoutSecrets(findConfig(options.config))
    print(options.json, config, () =>
      Object.entries(config).flatMap(([section, values]) => [
        `[${section}]`,
        ...Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
        '',
      ]),
    )
    return 0
  },
}

export const configCommands = [check, show]
