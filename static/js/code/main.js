// My code: what the page begins with.
import { startWorker } from "../gateworker/register.js";

const root = document.documentElement;
await startWorker({ isBusy: () => "busy" in root.dataset });
