"""The mind: models from files, run by onnxruntime."""

import os

# The wheels of onnxruntime report what they do to their makers, unless this is set before they are imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
