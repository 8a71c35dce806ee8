import type { RouterSettings } from '../router-settings.ts'
import { done, type Menu, type Row, trap } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { anyText, duration, ipAddress, texts, wholeNumber, yesOrNo } from './properties.ts'
import { setVerb } from './single-row.ts'
import { type TableRules, tableMenu } from './table.ts'

const COMMON = { comment: anyText, disabled: yesOrNo }

/** What an operator builds a network from: bridges, addresses, pools, DHCP, firewall, PPPoE, files. */
export function ipSetupMenus(settings: RouterSettings, viewer: Viewer): Record<string, Menu> {
  const interfaces = () => settings.seen('/interface').names().concat(settings.seen('/interface/bridge').names())
  const onInterface = { choices: interfaces }
  const pools = { choices: () => [...settings.seen('/ip/pool').names(), 'static-only', 'none'] }
  const options = settings.seen('/ip/dhcp-server/option')
  const table = (menu: string, rules: TableRules): Menu => ({ ...tableMenu(settings.seen(menu), viewer, rules) })
  const off = () => ({ disabled: 'false' })
  const filter: TableRules = {
    properties: {
      ...COMMON,
      ...texts(
        'chain',
        'action',
        'protocol',
        'dst-port',
        'in-interface',
        'out-interface',
        'out-interface-list',
        'src-address',
        'dst-address',
      ),
    },
    required: ['chain'],
    defaults: () => ({ disabled: 'false', action: 'accept', dynamic: 'false' }),
  }
  const single = (row: Row, properties: Parameters<typeof setVerb>[1]): Menu => ({
    print: printVerb(viewer, () => [row]),
    set: setVerb(viewer, properties, async (values) => void Object.assign(row, values)),
  })
  return {
    '/interface/bridge': table('/interface/bridge', {
      properties: { ...COMMON, ...texts('name') },
      required: ['name'],
      defaults: off,
      refuse: unique('name', 'failure: already have interface with such name'),
    }),
    '/interface/bridge/port': table('/interface/bridge/port', {
      properties: {
        ...COMMON,
        interface: onInterface,
        bridge: { choices: () => settings.seen('/interface/bridge').names() },
      },
      required: ['interface', 'bridge'],
      defaults: off,
      refuse: unique('interface', 'failure: device already added as bridge port'),
    }),
    '/interface/list/member': table('/interface/list/member', {
      properties: { ...COMMON, ...texts('list'), interface: onInterface },
      required: ['list', 'interface'],
      defaults: off,
      refuse: (row, others) =>
        others.some((other) => other.list === row.list && other.interface === row.interface)
          ? trap('failure: already have such entry', 4)
          : undefined,
    }),
    '/ip/address': table('/ip/address', {
      properties: { ...COMMON, ...texts('address', 'network'), interface: onInterface },
      required: ['address', 'interface'],
      defaults: off,
      refuse: unique('address', 'failure: already have such address'),
    }),
    '/ip/pool': table('/ip/pool', {
      properties: texts('name', 'ranges', 'next-pool', 'comment'),
      required: ['name', 'ranges'],
      refuse: unique('name', 'failure: pool with such name exists'),
    }),
    '/ip/dhcp-server': table('/ip/dhcp-server', {
      properties: { ...COMMON, name: anyText, interface: onInterface, 'address-pool': pools, 'lease-time': duration() },
      required: ['interface'],
      defaults: () => ({ disabled: 'true', 'lease-time': '30m', 'address-pool': 'static-only' }),
      refuse: unique('interface', 'failure: dhcp server already on this interface'),
    }),
    '/ip/dhcp-server/network': table('/ip/dhcp-server/network', {
      properties: {
        ...texts('address', 'gateway', 'dns-server', 'comment'),
        // A list of names, which may be empty.
        'dhcp-option': (text) =>
          text === '' || text.split(',').every((name) => options.named(name)) ? text : undefined,
      },
      required: ['address'],
    }),
    '/ip/dhcp-server/option': table('/ip/dhcp-server/option', {
      properties: {
        ...texts('name', 'value'),
        code: (text) => (/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 254 ? text : undefined),
        ...(viewer.version.atLeast(7, 0) && { force: yesOrNo }),
        ...(viewer.version.atLeast(7, 16) && { comment: anyText }),
      },
      required: ['name', 'code'],
      defaults: () => (viewer.version.atLeast(7, 0) ? { force: 'false' } : {}),
      refuse: unique('name', 'failure: option with this name already exists'),
      refuseRemoval: ({ name }) =>
        settings
          .seen('/ip/dhcp-server/network')
          .rows()
          .some((network) => network['dhcp-option']?.split(',').includes(name ?? ''))
          ? trap('failure: option is in use', 4)
          : undefined,
    }),
    '/ip/dns': single(settings.dns, { 'allow-remote-requests': yesOrNo, servers: anyText }),
    '/ip/firewall/filter': firewallMenu(settings, viewer, '/ip/firewall/filter', filter),
    '/ip/firewall/nat': firewallMenu(settings, viewer, '/ip/firewall/nat', filter),
    '/ip/hotspot/walled-garden': table('/ip/hotspot/walled-garden', {
      properties: { ...COMMON, ...texts('dst-host', 'server', 'path'), action: { choices: () => ['allow', 'deny'] } },
      defaults: () => ({ disabled: 'false', action: 'allow', hits: '0' }),
    }),
    '/ip/hotspot/walled-garden/ip': table('/ip/hotspot/walled-garden/ip', {
      properties: {
        ...COMMON,
        ...texts('dst-host', 'server'),
        'dst-address': ipAddress,
        action: { choices: () => ['accept', 'drop', 'reject'] },
      },
      defaults: () => ({ disabled: 'false', action: 'accept' }),
    }),
    '/ppp/aaa': single(settings.pppAaa, { 'use-radius': yesOrNo, accounting: yesOrNo, 'interim-update': duration() }),
    '/ppp/profile': table('/ppp/profile', {
      properties: texts('name', 'local-address', 'remote-address', 'rate-limit', 'comment'),
      required: ['name'],
      refuse: unique('name', 'failure: profile with the same name already exists'),
    }),
    '/interface/pppoe-server/server': table('/interface/pppoe-server/server', {
      properties: {
        ...COMMON,
        ...texts('service-name', 'authentication'),
        interface: onInterface,
        'default-profile': { choices: () => settings.seen('/ppp/profile').names() },
        'one-session-per-host': yesOrNo,
        'max-mtu': wholeNumber,
      },
      required: ['interface'],
      defaults: () => ({ disabled: 'true', 'one-session-per-host': 'false' }),
    }),
    '/file': { print: printVerb(viewer, () => settings.seen('/file').rows()) },
    '/tool': { fetch: { policy: 'test', run: ({ args }) => fetchFile(settings, args) } },
  }
}

/** Tables whose order matters. */
function firewallMenu(settings: RouterSettings, viewer: Viewer, menu: string, rules: TableRules): Menu {
  const rows = settings.seen(menu)
  const plain = tableMenu(rows, viewer, rules)
  return {
    ...plain,
    add: {
      policy: 'write',
      run(command) {
        const args = new Map(command.args)
        const before = args.get('place-before')
        args.delete('place-before')
        const answer = plain.add?.run({ ...command, args })
        if (before !== undefined && answer && 'kind' in answer && answer.kind === 'done' && answer.ret !== undefined) {
          rows.moveBefore(answer.ret, before)
        }
        return answer ?? done
      },
    },
    move: {
      policy: 'write',
      run({ args }) {
        const [id, before] = [args.get('numbers') ?? '', args.get('destination')]
        if (!rows.get(id) || (before !== undefined && !rows.get(before))) return trap('no such item (4)')
        rows.moveBefore(id, before)
        return done
      },
    },
  }
}

/** The file appears; what it holds nobody here reads. Its size is what the server says. */
async function fetchFile(settings: RouterSettings, args: ReadonlyMap<string, string>) {
  const [url = '', path = ''] = [args.get('url'), args.get('dst-path')]
  const body = await settings.download(url)
  if (body === undefined) return trap('failure: connection refused')
  const files = settings.seen('/file')
  const known = files.rows().find(({ name }) => name === path)?.['.id']
  const row = { name: path, type: '.html file', size: String(body.length) }
  if (known === undefined) files.add(row)
  else files.update(known, row)
  return { kind: 'rows' as const, rows: [{ status: 'finished', downloaded: '1', total: '1' }] }
}

function unique(property: string, message: string) {
  return (row: Row, others: Row[]) =>
    others.some((other) => other[property] === row[property]) ? trap(message, 4) : undefined
}
