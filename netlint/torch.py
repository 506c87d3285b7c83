"""For PyTorch users: `with netlint.torch.record(): model = build()` makes `netlint.lint(model, ...)` report lines also
for modules that no class builds, such as an `nn.Sequential(...)` in a function.

```python
import netlint, netlint.torch

with netlint.torch.record():
    model = build_model()
report = netlint.lint(model, input_shape=(8, 3, 224, 224))
```
"""

from netlint.loaders.torch.live.record import record

__all__ = ["record"]
