// My code: what the page begins with.
import { startWorker } from "../gateworker/register.js";

await startWorker();
