import { withoutSecrets } from '../config.ts'
import { type Command, readWords } from './command.ts'
import { findConfig } from './find-config.ts'
import { print } from './print.ts'

const check: Command = {
  name: 'config check',
  usage: '',
  summary: 'say whether the configuration is right',
  async run(words) {
    const { options } = readWords(words, {})
    findConfig(options.config)
    print(options.json, { ok: true }, () => ['The configuration is right.'])
    return 0
  },
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
