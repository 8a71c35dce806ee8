import { type RouterSettings, serverProfileDefaults, userDefaults, userProfileDefaults } from '../router-settings.ts'
import { done, type Menu, type Row, trap } from './menu.ts'
import type { Viewer } from './print.ts'
import { duration, ipAddress, macAddress, type Property, texts, wholeNumber, yesOrNo } from './properties.ts'
import { tableMenu } from './table.ts'

const LOGIN_METHODS = ['mac', 'cookie', 'http-chap', 'https', 'http-pap', 'trial', 'mac-cookie']

/** What an operator writes down about the hotspot: servers, profiles, users. */
export function hotspotSettingsMenus(settings: RouterSettings, viewer: Viewer): Record<string, Menu> {
  return {
    '/ip/hotspot': {
      'reset-html': { policy: 'write', run: ({ args }) => resetPages(settings, args.get('numbers') ?? '') },
      ...tableMenu(settings.servers, viewer, {
        properties: {
          ...texts('address-pool', 'addresses-per-mac', 'interface', 'name'),
          disabled: yesOrNo,
          'idle-timeout': duration('none'),
          'keepalive-timeout': duration('none'),
          'login-timeout': duration('none'),
          profile: { choices: () => settings.serverProfiles.names() },
        },
        required: ['interface'],
        defaults: () => ({ disabled: 'true', profile: 'default' }),
        refuse: uniqueName('failure: server with such name already exists'),
      }),
    },
    '/ip/hotspot/profile': tableMenu(settings.serverProfiles, viewer, {
      properties: {
        ...texts('dns-name', 'html-directory', 'html-directory-override', 'name', 'nas-port-type', 'rate-limit'),
        ...texts('mac-auth-mode', 'mac-auth-password', 'radius-default-domain', 'radius-location-id'),
        ...texts('radius-location-name', 'radius-mac-format', 'ssl-certificate', 'trial-user-profile'),
        'hotspot-address': ipAddress,
        'http-cookie-lifetime': duration(),
        'install-hotspot-queue': yesOrNo,
        'login-by': { choices: () => LOGIN_METHODS, list: true },
        'radius-accounting': yesOrNo,
        'radius-interim-update': duration('received'),
        'split-user-domain': yesOrNo,
        'use-radius': yesOrNo,
      },
      required: ['name'],
      defaults: serverProfileDefaults,
      refuse: uniqueName('failure: profile with the same name already exists'),
    }),
    '/ip/hotspot/user/profile': tableMenu(settings.userProfiles, viewer, {
      properties: userProfileProperties,
      required: ['name'],
      defaults: userProfileDefaults,
      refuse: uniqueName('failure: profile with the same name already exists'),
    }),
    '/ip/hotspot/user': userMenu(settings, viewer),
  }
}

/** The pages that RouterOS brings, into the directory of a server's profile. */
function resetPages(settings: RouterSettings, server: string) {
  const { profile = '' } = settings.servers.named(server) ?? {}
  const directory = settings.serverProfiles.named(profile)?.['html-directory']
  if (directory === undefined) return trap('no such item')
  for (const page of ['login.html', 'alogin.html', 'status.html', 'logout.html']) {
    settings.seen('/file').add({ name: `${directory}/${page}`, type: '.html file', size: '1000' })
  }
  return done
}

const userProfileProperties: Record<string, Property> = {
  ...texts('address-list', 'address-pool', 'incoming-filter', 'incoming-packet-mark', 'insert-queue-before', 'name'),
  ...texts('on-login', 'on-logout', 'open-status-page', 'outgoing-filter', 'outgoing-packet-mark', 'parent-queue'),
  ...texts('queue-type', 'rate-limit'),
  'add-mac-cookie': yesOrNo,
  'idle-timeout': duration('none'),
  'keepalive-timeout': duration('none'),
  'mac-cookie-timeout': duration(),
  'session-timeout': duration(),
  'shared-users': (text) => (text === 'unlimited' ? text : wholeNumber(text)),
  'status-autorefresh': duration('none'),
  'transparent-proxy': yesOrNo,
}

function userMenu(settings: RouterSettings, viewer: Viewer): Menu {
  const serverOf = (row: Row) => row.server ?? 'all'
  return tableMenu(settings.users, viewer, {
    properties: {
      ...texts('comment', 'email', 'name', 'password', 'routes'),
      address: ipAddress,
      disabled: yesOrNo,
      'limit-bytes-in': wholeNumber,
      'limit-bytes-out': wholeNumber,
      'limit-bytes-total': wholeNumber,
      'limit-uptime': duration(),
      'mac-address': macAddress,
      profile: { choices: () => settings.userProfiles.names() },
      server: { choices: () => ['all', ...settings.servers.names()] },
    },
    secrets: ['password'],
    required: ['name'],
    defaults: userDefaults,
    refuse: (row, others) =>
      others.some((other) => other.name === row.name && serverOf(other) === serverOf(row))
        ? trap('failure: already have user with this name for this server', 4)
        : undefined,
    refuseRemoval: (row) =>
      row.name === 'default-trial' ? trap('failure: default trial user can not be removed', 4) : undefined,
  })
}

function uniqueName(message: string) {
  return (row: Row, others: Row[]) => (others.some((other) => other.name === row.name) ? trap(message, 4) : undefined)
}
