import type { House } from '../house.ts'
import { type LastPages, openLastPages } from './last-pages.ts'
import { type LoginForms, openLoginForms } from './login-forms.ts'

/** What is remembered of a device that has no access yet; lost with a restart, and then nobody loses anything. */
export interface DeviceMemory {
  lastPages: LastPages
  loginForms: LoginForms
}

export const openDeviceMemory = (house: House): DeviceMemory => ({
  lastPages: openLastPages(house),
  loginForms: openLoginForms(house),
})
