// Last line of a test run: what the report says in one sentence. Fails when no test ran at all.
import { readFileSync } from 'node:fs'

const file = process.argv[2] ?? new URL('../.cache/vitest-report.json', import.meta.url)
const report = readReport(file)
const failed = report.numFailedTests + failedFilesWithoutTests(report)
const skipped = report.numPendingTests + report.numTodoTests
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
if (failed > 0 || report.numPassedTests === 0) process.exitCode = 1

/** A file that fails before its first test has no failed test to count. */
function failedFilesWithoutTests({ testResults }) {
  return testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    console.error(`No report of the tests: ${error.message}`)
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] }
  }
}
