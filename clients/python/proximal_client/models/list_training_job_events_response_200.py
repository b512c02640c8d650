from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.attempt_started_event import AttemptStartedEvent
  from ..models.cancelled_event import CancelledEvent
  from ..models.cancelling_event import CancellingEvent
  from ..models.checkpoint_created_event import CheckpointCreatedEvent
  from ..models.epoch_completed_event import EpochCompletedEvent
  from ..models.evaluation_completed_event import EvaluationCompletedEvent
  from ..models.failed_event import FailedEvent
  from ..models.paused_event import PausedEvent
  from ..models.pausing_event import PausingEvent
  from ..models.queued_event import QueuedEvent
  from ..models.requeued_event import RequeuedEvent
  from ..models.resumed_event import ResumedEvent
  from ..models.started_event import StartedEvent
  from ..models.step_completed_event import StepCompletedEvent
  from ..models.succeeded_event import SucceededEvent
  from ..models.warning_event import WarningEvent





T = TypeVar("T", bound="ListTrainingJobEventsResponse200")



@_attrs_define
class ListTrainingJobEventsResponse200:
    """ 
        Attributes:
            data (list[AttemptStartedEvent | CancelledEvent | CancellingEvent | CheckpointCreatedEvent | EpochCompletedEvent
                | EvaluationCompletedEvent | FailedEvent | PausedEvent | PausingEvent | QueuedEvent | RequeuedEvent |
                ResumedEvent | StartedEvent | StepCompletedEvent | SucceededEvent | WarningEvent]): The items.
            has_more (bool): Whether another page follows.
            next_cursor (None | str): For after; null on the last page.
     """

    data: list[AttemptStartedEvent | CancelledEvent | CancellingEvent | CheckpointCreatedEvent | EpochCompletedEvent | EvaluationCompletedEvent | FailedEvent | PausedEvent | PausingEvent | QueuedEvent | RequeuedEvent | ResumedEvent | StartedEvent | StepCompletedEvent | SucceededEvent | WarningEvent]
    has_more: bool
    next_cursor: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.attempt_started_event import AttemptStartedEvent # noqa: PLC0415
        from ..models.cancelled_event import CancelledEvent # noqa: PLC0415
        from ..models.cancelling_event import CancellingEvent # noqa: PLC0415
        from ..models.checkpoint_created_event import CheckpointCreatedEvent # noqa: PLC0415
        from ..models.epoch_completed_event import EpochCompletedEvent # noqa: PLC0415
        from ..models.evaluation_completed_event import EvaluationCompletedEvent # noqa: PLC0415
        from ..models.failed_event import FailedEvent # noqa: PLC0415
        from ..models.paused_event import PausedEvent # noqa: PLC0415
        from ..models.pausing_event import PausingEvent # noqa: PLC0415
        from ..models.queued_event import QueuedEvent # noqa: PLC0415
        from ..models.requeued_event import RequeuedEvent # noqa: PLC0415
        from ..models.resumed_event import ResumedEvent # noqa: PLC0415
        from ..models.started_event import StartedEvent # noqa: PLC0415
        from ..models.step_completed_event import StepCompletedEvent # noqa: PLC0415
        from ..models.succeeded_event import SucceededEvent # noqa: PLC0415
        from ..models.warning_event import WarningEvent # noqa: PLC0415
        data = []
        for data_item_data in self.data:
            data_item: dict[str, Any]
            if isinstance(data_item_data, QueuedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, StartedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, AttemptStartedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, StepCompletedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, EvaluationCompletedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, EpochCompletedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CheckpointCreatedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, WarningEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, CancellingEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, RequeuedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, PausingEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, PausedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, ResumedEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, SucceededEvent):
                data_item = data_item_data.to_dict()
            elif isinstance(data_item_data, FailedEvent):
                data_item = data_item_data.to_dict()
            else:
                data_item = data_item_data.to_dict()

            data.append(data_item)



        has_more = self.has_more

        next_cursor: None | str
        next_cursor = self.next_cursor


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "data": data,
            "has_more": has_more,
            "next_cursor": next_cursor,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt_started_event import AttemptStartedEvent # noqa: PLC0415
        from ..models.cancelled_event import CancelledEvent # noqa: PLC0415
        from ..models.cancelling_event import CancellingEvent # noqa: PLC0415
        from ..models.checkpoint_created_event import CheckpointCreatedEvent # noqa: PLC0415
        from ..models.epoch_completed_event import EpochCompletedEvent # noqa: PLC0415
        from ..models.evaluation_completed_event import EvaluationCompletedEvent # noqa: PLC0415
        from ..models.failed_event import FailedEvent # noqa: PLC0415
        from ..models.paused_event import PausedEvent # noqa: PLC0415
        from ..models.pausing_event import PausingEvent # noqa: PLC0415
        from ..models.queued_event import QueuedEvent # noqa: PLC0415
        from ..models.requeued_event import RequeuedEvent # noqa: PLC0415
        from ..models.resumed_event import ResumedEvent # noqa: PLC0415
        from ..models.started_event import StartedEvent # noqa: PLC0415
        from ..models.step_completed_event import StepCompletedEvent # noqa: PLC0415
        from ..models.succeeded_event import SucceededEvent # noqa: PLC0415
        from ..models.warning_event import WarningEvent # noqa: PLC0415
        d = dict(src_dict)
        data = []
        _data = d.pop("data")
        for data_item_data in (_data):
            def _parse_data_item(data: object) -> AttemptStartedEvent | CancelledEvent | CancellingEvent | CheckpointCreatedEvent | EpochCompletedEvent | EvaluationCompletedEvent | FailedEvent | PausedEvent | PausingEvent | QueuedEvent | RequeuedEvent | ResumedEvent | StartedEvent | StepCompletedEvent | SucceededEvent | WarningEvent:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_0 = QueuedEvent.from_dict(data)



                    return componentsschemas_event_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_1 = StartedEvent.from_dict(data)



                    return componentsschemas_event_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_2 = AttemptStartedEvent.from_dict(data)



                    return componentsschemas_event_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_3 = StepCompletedEvent.from_dict(data)



                    return componentsschemas_event_type_3
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_4 = EvaluationCompletedEvent.from_dict(data)



                    return componentsschemas_event_type_4
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_5 = EpochCompletedEvent.from_dict(data)



                    return componentsschemas_event_type_5
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_6 = CheckpointCreatedEvent.from_dict(data)



                    return componentsschemas_event_type_6
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_7 = WarningEvent.from_dict(data)



                    return componentsschemas_event_type_7
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_8 = CancellingEvent.from_dict(data)



                    return componentsschemas_event_type_8
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_9 = RequeuedEvent.from_dict(data)



                    return componentsschemas_event_type_9
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_10 = PausingEvent.from_dict(data)



                    return componentsschemas_event_type_10
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_11 = PausedEvent.from_dict(data)



                    return componentsschemas_event_type_11
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_12 = ResumedEvent.from_dict(data)



                    return componentsschemas_event_type_12
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_13 = SucceededEvent.from_dict(data)



                    return componentsschemas_event_type_13
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_event_type_14 = FailedEvent.from_dict(data)



                    return componentsschemas_event_type_14
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_event_type_15 = CancelledEvent.from_dict(data)



                return componentsschemas_event_type_15

            data_item = _parse_data_item(data_item_data)

            data.append(data_item)


        has_more = d.pop("has_more")

        def _parse_next_cursor(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_cursor = _parse_next_cursor(d.pop("next_cursor"))


        list_training_job_events_response_200 = cls(
            data=data,
            has_more=has_more,
            next_cursor=next_cursor,
        )


        list_training_job_events_response_200.additional_properties = d
        return list_training_job_events_response_200

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
