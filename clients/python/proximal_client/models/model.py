from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.model_object import ModelObject
from ..models.model_status import ModelStatus
from ..models.model_task import ModelTask
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.hub_source import HubSource
  from ..models.model_download import ModelDownload
  from ..models.model_initialization import ModelInitialization
  from ..models.model_problem import ModelProblem





T = TypeVar("T", bound="Model")



@_attrs_define
class Model:
    """ 
        Attributes:
            id (str): What requests call model: the folder's name; the hub's, org/name; or a fine-tuned model's, ft:….
            object_ (ModelObject): For OpenAI's clients, as created and owned_by.
            created (int): When its files were last changed here, in seconds since 1970; 0: not here yet.
            owned_by (str): The hub's organization, proximal for what was made here, system for the owner's folders.
            status (ModelStatus): unusable: problem says why. failed: registering it again goes on with the download.
            problem (ModelProblem | None): Why the model cannot be used; what could not be read of it is left out.
            hub (HubSource | None): Where a downloaded model is from.
            initialized (ModelInitialization | None): What a model that was made here from a bare configuration began as.
            checkpoint (None | str): The checkpoint that it is, or was made of here.
            download (ModelDownload | None): How much is here, while it is not a model yet.
            model_type (str | Unset): As its config.json says.
            task (ModelTask | Unset): What it gives: texts, or scores of texts.
            is_reward_model (bool | Unset): Whether it is a sequence classifier with one class: it scores texts.
            parameters (int | Unset): How many weights it has.
            dtype (str | Unset): What most of the weights are stored in.
            bytes_ (int | Unset): Of the weights.
            context (int | Unset): Longest text, in tokens.
            vocab_size (int | Unset): How many tokens it knows.
            has_chat_template (bool | Unset): Whether it takes messages.
     """

    id: str
    object_: ModelObject
    created: int
    owned_by: str
    status: ModelStatus
    problem: ModelProblem | None
    hub: HubSource | None
    initialized: ModelInitialization | None
    checkpoint: None | str
    download: ModelDownload | None
    model_type: str | Unset = UNSET
    task: ModelTask | Unset = UNSET
    is_reward_model: bool | Unset = UNSET
    parameters: int | Unset = UNSET
    dtype: str | Unset = UNSET
    bytes_: int | Unset = UNSET
    context: int | Unset = UNSET
    vocab_size: int | Unset = UNSET
    has_chat_template: bool | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.hub_source import HubSource # noqa: PLC0415
        from ..models.model_download import ModelDownload # noqa: PLC0415
        from ..models.model_initialization import ModelInitialization # noqa: PLC0415
        from ..models.model_problem import ModelProblem # noqa: PLC0415
        id = self.id

        object_ = self.object_.value

        created = self.created

        owned_by = self.owned_by

        status = self.status.value

        problem: dict[str, Any] | None
        if isinstance(self.problem, ModelProblem):
            problem = self.problem.to_dict()
        else:
            problem = self.problem

        hub: dict[str, Any] | None
        if isinstance(self.hub, HubSource):
            hub = self.hub.to_dict()
        else:
            hub = self.hub

        initialized: dict[str, Any] | None
        if isinstance(self.initialized, ModelInitialization):
            initialized = self.initialized.to_dict()
        else:
            initialized = self.initialized

        checkpoint: None | str
        checkpoint = self.checkpoint

        download: dict[str, Any] | None
        if isinstance(self.download, ModelDownload):
            download = self.download.to_dict()
        else:
            download = self.download

        model_type = self.model_type

        task: str | Unset = UNSET
        if not isinstance(self.task, Unset):
            task = self.task.value


        is_reward_model = self.is_reward_model

        parameters = self.parameters

        dtype = self.dtype

        bytes_ = self.bytes_

        context = self.context

        vocab_size = self.vocab_size

        has_chat_template = self.has_chat_template


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "id": id,
            "object": object_,
            "created": created,
            "owned_by": owned_by,
            "status": status,
            "problem": problem,
            "hub": hub,
            "initialized": initialized,
            "checkpoint": checkpoint,
            "download": download,
        })
        if model_type is not UNSET:
            field_dict["model_type"] = model_type
        if task is not UNSET:
            field_dict["task"] = task
        if is_reward_model is not UNSET:
            field_dict["is_reward_model"] = is_reward_model
        if parameters is not UNSET:
            field_dict["parameters"] = parameters
        if dtype is not UNSET:
            field_dict["dtype"] = dtype
        if bytes_ is not UNSET:
            field_dict["bytes"] = bytes_
        if context is not UNSET:
            field_dict["context"] = context
        if vocab_size is not UNSET:
            field_dict["vocab_size"] = vocab_size
        if has_chat_template is not UNSET:
            field_dict["has_chat_template"] = has_chat_template

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.hub_source import HubSource # noqa: PLC0415
        from ..models.model_download import ModelDownload # noqa: PLC0415
        from ..models.model_initialization import ModelInitialization # noqa: PLC0415
        from ..models.model_problem import ModelProblem # noqa: PLC0415
        d = dict(src_dict)
        id = d.pop("id")

        object_ = ModelObject(d.pop("object"))




        created = d.pop("created")

        owned_by = d.pop("owned_by")

        status = ModelStatus(d.pop("status"))




        def _parse_problem(data: object) -> ModelProblem | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                problem_type_0 = ModelProblem.from_dict(data)



                return problem_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelProblem | None, data)

        problem = _parse_problem(d.pop("problem"))


        def _parse_hub(data: object) -> HubSource | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                hub_type_0 = HubSource.from_dict(data)



                return hub_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(HubSource | None, data)

        hub = _parse_hub(d.pop("hub"))


        def _parse_initialized(data: object) -> ModelInitialization | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                initialized_type_0 = ModelInitialization.from_dict(data)



                return initialized_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelInitialization | None, data)

        initialized = _parse_initialized(d.pop("initialized"))


        def _parse_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint"))


        def _parse_download(data: object) -> ModelDownload | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                download_type_0 = ModelDownload.from_dict(data)



                return download_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ModelDownload | None, data)

        download = _parse_download(d.pop("download"))


        model_type = d.pop("model_type", UNSET)

        _task = d.pop("task", UNSET)
        task: ModelTask | Unset
        if isinstance(_task,  Unset):
            task = UNSET
        else:
            task = ModelTask(_task)




        is_reward_model = d.pop("is_reward_model", UNSET)

        parameters = d.pop("parameters", UNSET)

        dtype = d.pop("dtype", UNSET)

        bytes_ = d.pop("bytes", UNSET)

        context = d.pop("context", UNSET)

        vocab_size = d.pop("vocab_size", UNSET)

        has_chat_template = d.pop("has_chat_template", UNSET)

        model = cls(
            id=id,
            object_=object_,
            created=created,
            owned_by=owned_by,
            status=status,
            problem=problem,
            hub=hub,
            initialized=initialized,
            checkpoint=checkpoint,
            download=download,
            model_type=model_type,
            task=task,
            is_reward_model=is_reward_model,
            parameters=parameters,
            dtype=dtype,
            bytes_=bytes_,
            context=context,
            vocab_size=vocab_size,
            has_chat_template=has_chat_template,
        )


        model.additional_properties = d
        return model

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
