"""What has been deleted is forgotten.

AWS keeps no record that has expired. moto notes every object that it ever made (each record, item and log
event among them) in lists of their classes, for a page that shows its state, and lets go of none before it is
reset: a process that passes on a million records keeps a million. Only S3 reads the lists, to close files at
the reset.

Changed: objects are noted for S3 alone.
"""

from typing import Any

from moto.core.common_models import BaseModel

from workshop.cloud.offline.overlay.correct import corrects

READS_THE_LISTS = "moto.s3.models"


@corrects(BaseModel, "__new__", kind=staticmethod)
def _new(cls: Any, *_: Any, **__: Any) -> Any:
    instance = object.__new__(cls)
    if cls.__module__ == READS_THE_LISTS:
        cls.instances_tracked.append(instance)
    return instance
