"""How gunicorn serves the site; it reads this file by itself. What is given on its command line counts before it.

https://docs.gunicorn.org/en/stable/settings.html
"""

import gc
from typing import Any

wsgi_app = "wsgi:app"
worker_class = "app.web.server.Worker"
threads = 4
preload_app = (
    True  # The processes share what is read once. A new version needs a restart; a reload is not enough.
)
timeout = 60
graceful_timeout = 25  # Seconds from SIGTERM on, the pause of AFTERCARE_DRAIN among them.
keepalive = 5
limit_request_line = 8190
control_socket_disable = (
    True  # Its default place is one for all servers of this person; two sites would quarrel.
)

gc.disable()  # What is read at the start stays.


def when_ready(_server: Any) -> None:
    """Before the processes part: what is here now is nobody's garbage."""
    gc.enable()
    gc.freeze()
