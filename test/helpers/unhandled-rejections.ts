// Loaded before all tests (.mocharc.json): a rejection that nobody handles would end a process of byway, and mocha looks away.
process.on('unhandledRejection', (reason) => { throw reason })
