import type { Catalogue } from '../sentences.ts'

const TYPES: Readonly<Record<string, string>> = {
  string: 'une chaîne de caractères',
  number: 'un nombre',
  integer: 'un nombre entier',
  boolean: 'un booléen',
  object: 'un objet',
  array: 'un tableau',
  function: 'une fonction',
  binary: 'des données binaires',
  stream: 'un nom de flux',
  time: 'une heure comme 2026-01-31T12:00:00Z',
}
const UNITS = { characters: 'caractères', bytes: 'octets', entries: 'entrées' } as const

const typeName = (type: string): string => TYPES[type] ?? type

/** The wording of the protocol page, and the default. */
export const fr: Catalogue = {
  problems: {
    'field-required': ({ field }) => `Le champ '${field}' est obligatoire`,
    'field-type': ({ field, expected, received }) =>
      `Le champ '${field}' doit être ${typeName(expected)} (reçu : ${typeName(received)})`,
    'field-too-long': ({ field, max, unit }) =>
      `Le champ '${field}' ne doit pas dépasser ${max} ${UNITS[unit]}`,
    'field-range': ({ field, min, max }) => `Le champ '${field}' doit être compris entre ${min} et ${max}`,
    'ill-formed': ({ field }) => `Le champ '${field}' contient des caractères non autorisés`,
    'unknown-type': ({ field, allowed }) =>
      `Le champ '${field}' doit être l'une des valeurs : ${allowed.join(', ')}`,
    'unknown-kind': ({ field, allowed }) =>
      `Le champ '${field}' doit être un genre connu ici : ${allowed.join(', ') || "il n'y en a aucun"}`,
    'invalid-data': ({ field, sentence }) => `Le champ '${field}' n'est pas conforme : ${sentence}`,
    'not-json': ({ field }) => `Le champ '${field}' ne doit contenir que des valeurs JSON`,
    'too-deep': ({ field, max }) => `Le champ '${field}' est trop imbriqué (${max} niveaux au plus)`,
    'too-many-keys': ({ field, max }) => `Le champ '${field}' contient trop de valeurs (${max} au plus)`,
    'too-large': ({ field, max }) => `Le champ '${field}' est trop volumineux (${max} octets au plus)`,
    'fields-exclusive': ({ field, other }) => `Les champs '${field}' et '${other}' s'excluent`,
    'already-expired': ({ field }) => `L'heure du champ '${field}' est déjà passée`,
    'unexpected-argument': ({ event, position, received }) =>
      `L'événement '${event}' n'attend pas d'argument en position ${position} (reçu : ${typeName(received)})`,
    'idempotency-conflict': ({ field }) => `Le champ '${field}' a déjà servi pour une autre notification`,
    'not-allowed': () => `Cette action n'est pas autorisée`,
    unauthenticated: () => `L'authentification a échoué`,
    'token-expired': () => `La session a expiré, renouvelez l'authentification`,
    disconnected: () => `Vous avez été déconnecté`,
    'too-many-channels': ({ max }) => `Trop de channels rejoints (${max} au plus)`,
    'too-many-requests': ({ retryAfterMs }) => `Trop de requêtes, réessayez dans ${retryAfterMs} ms`,
    rejected: ({ sentence }) => sentence,
    'hook-failed': () => `La requête n'a pas pu être vérifiée, réessayez plus tard`,
    'store-unavailable': ({ outcome }) =>
      outcome === 'unknown'
        ? `L'enregistrement n'a pas pu être confirmé, réessayez avec la même clé`
        : `L'enregistrement a échoué, réessayez plus tard`,
    closing: () => `Le serveur s'arrête, reconnectez-vous`,
    'history-lost': ({ stream }) => `Des notifications du flux '${stream}' ne sont plus disponibles`,
    lagging: () => `La connexion est trop lente : les notifications arrivent en retard, page par page`,
    internal: () => `Une erreur interne est survenue`,
  },
  joined: (channel) => `Vous avez rejoint « ${channel} »`,
  left: (channel) => `Vous avez quitté « ${channel} »`,
  server: 'Serveur',
  anonymous: 'Anonyme',
}
