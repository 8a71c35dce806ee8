import type { RosVersion } from '../ros-version.ts'
import { type Answer, type ApiCommand, done, type Menu, type Row, trap } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { anyText, type Property, readArguments, texts, wholeNumber, yesOrNo } from './properties.ts'
import { readReferences, Table } from './table.ts'

const PORTS = { telnet: 23, ftp: 21, www: 80, ssh: 22, 'www-ssl': 443, api: 8728, winbox: 8291, 'api-ssl': 8729 }

/** `/ip/service`: written down only, for the doors of this router are its options. */
export function servicesMenu(viewer: Viewer, connections: () => number): Record<string, Menu> {
  const { version } = viewer
  const table = new Table()
  for (const [name, port] of Object.entries(PORTS)) table.add(serviceRow(version, name, port))
  const rows = () => [...table.rows(), ...(version.atLeast(7, 19) ? connectionRows(connections()) : [])]
  const set = (command: ApiCommand): Answer => {
    const args = [...command.args].filter(([name]) => name !== '.id' && name !== 'numbers')
    const read = readArguments(new Map(args), propertiesOf(version), version)
    if ('refused' in read) return read.refused
    const named = readReferences(command, (reference) => {
      const meant = rows().filter(({ '.id': id, name }) => id === reference || name === reference)
      return meant.length === 0 ? undefined : meant
    })
    if ('refused' in named) return named.refused
    // On a router it fails or not, by which row of that name comes first.
    if (named.found.flat().some(({ dynamic }) => dynamic === 'true'))
      return trap('failure: this is configured elsewhere', 4)
    const { address, ...values } = read.values
    const allowed = address === undefined ? {} : { [allowList(version)]: address }
    for (const { '.id': id = '' } of named.found.flat()) table.update(id, { ...values, ...allowed })
    return done
  }
  return { '/ip/service': { print: printVerb(viewer, rows), set: { policy: 'write', run: set } } }
}

const allowList = (version: RosVersion) => (version.atLeast(7, 24) ? 'available-from' : 'address')

function serviceRow(version: RosVersion, name: string, port: number): Row {
  return {
    name,
    port: String(port),
    [allowList(version)]: '',
    disabled: String(name.endsWith('-ssl')),
    invalid: 'false',
    ...(version.atLeast(7, 0) && { vrf: 'main' }),
    ...(version.atLeast(7, 16) && { 'max-sessions': '20' }),
    ...(name.endsWith('-ssl') && { certificate: 'none', 'tls-version': 'any' }),
    ...(version.atLeast(7, 19) && { dynamic: 'false' }),
  }
}

const connectionRows = (count: number): Row[] =>
  Array.from({ length: count }, (_, number) => ({
    '.id': `*F${number.toString(16).toUpperCase().padStart(3, '0')}`,
    ...{ name: 'api', dynamic: 'true', connection: 'true', proto: 'tcp', port: '8728' },
  }))

function propertiesOf(version: RosVersion): Record<string, Property> {
  return {
    ...texts('address', 'certificate', 'tls-version'),
    disabled: yesOrNo,
    port: wholeNumber,
    ...(version.atLeast(7, 0) && { vrf: anyText }),
    ...(version.atLeast(7, 16) && { 'max-sessions': wholeNumber }),
    ...(version.atLeast(7, 24) && { 'available-from': anyText }),
  }
}
