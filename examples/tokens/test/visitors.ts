import { decodeJwt } from 'jose'
import { expect } from 'vitest'

export const PASSWORDS = { alice: 'bell-tower', bruno: 'church-bell' }
export type Name = keyof typeof PASSWORDS

/** Somebody who has signed in: a browser without a page. */
export interface Visitor {
  readonly name: Name
  /** As the browser would send it. */
  readonly cookie: string
  /** The session that tokens name. */
  readonly session: string
  /** A fresh token, by the cookie. */
  token(): Promise<string>
  /** Asks over HTTP, by a token. */
  ask(method: string, path: string): Promise<Response>
}

export function post(
  url: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export function askForToken(url: string, name: string, cookie: string): Promise<Response> {
  return fetch(`${url}/token?user=${name}`, { headers: { cookie } })
}

export async function signIn(url: string, name: Name): Promise<Visitor> {
  const response = await post(url, '/login', { user: name, password: PASSWORDS[name] })
  expect(response.status).toBe(200)
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  const token = async (): Promise<string> => {
    const answer = await askForToken(url, name, cookie)
    expect(answer.status).toBe(200)
    return (await answer.json()).token
  }
  return {
    name,
    cookie,
    session: String(decodeJwt(await token()).sid),
    token,
    ask: async (method, path) =>
      fetch(`${url}${path}`, { method, headers: { Authorization: `Bearer ${await token()}` } }),
  }
}
