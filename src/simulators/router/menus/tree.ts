import type { RosVersion } from '../ros-version.ts'
import { type Answer, type ApiCommand, type Menu, trap } from './menu.ts'

/** All menus by path, and what happens to a command that names none of them. */
export class MenuTree {
  readonly #menus: ReadonlyMap<string, Menu>
  readonly #policies: ReadonlySet<string>
  readonly #version: RosVersion

  constructor(menus: Record<string, Menu>, policies: ReadonlySet<string>, version: RosVersion) {
    this.#menus = new Map(Object.entries(menus))
    this.#policies = policies
    this.#version = version
  }

  run(command: ApiCommand): Answer | Promise<Answer> {
    const menu = this.#menus.get(command.menu)
    if (!menu) return this.#unknownMenu(command)
    const name = command.verb === 'getall' ? 'print' : command.verb
    const verb = Object.hasOwn(menu, name) ? menu[name] : undefined
    if (!verb) return trap('no such command', 0)
    if (!this.#policies.has(verb.policy)) return trap('not enough permissions (9)')
    return verb.run(command)
  }

  /** v7 names the first part of the path that it does not know, then says what v6 says. */
  #unknownMenu({ menu, verb }: ApiCommand): Answer {
    const prefix = { message: 'no such command prefix' }
    if (!this.#version.atLeast(7, 0)) return { kind: 'traps', traps: [prefix] }
    const parts = menu.split('/').slice(1)
    const unknown = parts.find((_, index) => !this.#isFolder(`/${parts.slice(0, index + 1).join('/')}`)) ?? verb
    return { kind: 'traps', traps: [{ category: 0, message: `no such command or directory (${unknown})` }, prefix] }
  }

  #isFolder(path: string): boolean {
    return [...this.#menus.keys()].some((menu) => menu === path || menu.startsWith(`${path}/`))
  }
}
