export { canUse } from './require.ts'
