"""For Keras users: `with netlint.keras.record(): model = build()` makes `netlint.lint(model)` report lines.

```python
import netlint, netlint.keras

with netlint.keras.record():
    model = build_model()
report = netlint.lint(model)
```
"""

from netlint.loaders.keras.record import record

__all__ = ["record"]
