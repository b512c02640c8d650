from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.any_object import AnyObject
  from ..models.generation_chat_prompt_chat_template_kwargs_type_0 import GenerationChatPromptChatTemplateKwargsType0
  from ..models.message import Message





T = TypeVar("T", bound="GenerationChatPrompt")



@_attrs_define
class GenerationChatPrompt:
    """ 
        Attributes:
            messages (list[Message]): Laid out by the model's chat template.
            tools (list[AnyObject] | None | Unset): Functions that the model may call, as JSON schemas; for templates that
                know tools.
            documents (list[AnyObject] | None | Unset): Texts to answer from; for templates that know documents.
            chat_template_kwargs (GenerationChatPromptChatTemplateKwargsType0 | None | Unset): Further names for the
                template, such as {"enable_thinking": false}.
            checkpoint (None | str | Unset): For this prompt. Default: the request's.
            adapter (None | str | Unset): For this prompt. Default: the request's.
     """

    messages: list[Message]
    tools: list[AnyObject] | None | Unset = UNSET
    documents: list[AnyObject] | None | Unset = UNSET
    chat_template_kwargs: GenerationChatPromptChatTemplateKwargsType0 | None | Unset = UNSET
    checkpoint: None | str | Unset = UNSET
    adapter: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.any_object import AnyObject # noqa: PLC0415
        from ..models.generation_chat_prompt_chat_template_kwargs_type_0 import GenerationChatPromptChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        messages = []
        for messages_item_data in self.messages:
            messages_item = messages_item_data.to_dict()
            messages.append(messages_item)



        tools: list[dict[str, Any]] | None | Unset
        if isinstance(self.tools, Unset):
            tools = UNSET
        elif isinstance(self.tools, list):
            tools = []
            for tools_type_0_item_data in self.tools:
                tools_type_0_item = tools_type_0_item_data.to_dict()
                tools.append(tools_type_0_item)


        else:
            tools = self.tools

        documents: list[dict[str, Any]] | None | Unset
        if isinstance(self.documents, Unset):
            documents = UNSET
        elif isinstance(self.documents, list):
            documents = []
            for documents_type_0_item_data in self.documents:
                documents_type_0_item = documents_type_0_item_data.to_dict()
                documents.append(documents_type_0_item)


        else:
            documents = self.documents

        chat_template_kwargs: dict[str, Any] | None | Unset
        if isinstance(self.chat_template_kwargs, Unset):
            chat_template_kwargs = UNSET
        elif isinstance(self.chat_template_kwargs, GenerationChatPromptChatTemplateKwargsType0):
            chat_template_kwargs = self.chat_template_kwargs.to_dict()
        else:
            chat_template_kwargs = self.chat_template_kwargs

        checkpoint: None | str | Unset
        if isinstance(self.checkpoint, Unset):
            checkpoint = UNSET
        else:
            checkpoint = self.checkpoint

        adapter: None | str | Unset
        if isinstance(self.adapter, Unset):
            adapter = UNSET
        else:
            adapter = self.adapter


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "messages": messages,
        })
        if tools is not UNSET:
            field_dict["tools"] = tools
        if documents is not UNSET:
            field_dict["documents"] = documents
        if chat_template_kwargs is not UNSET:
            field_dict["chat_template_kwargs"] = chat_template_kwargs
        if checkpoint is not UNSET:
            field_dict["checkpoint"] = checkpoint
        if adapter is not UNSET:
            field_dict["adapter"] = adapter

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.any_object import AnyObject # noqa: PLC0415
        from ..models.generation_chat_prompt_chat_template_kwargs_type_0 import GenerationChatPromptChatTemplateKwargsType0 # noqa: PLC0415
        from ..models.message import Message # noqa: PLC0415
        d = dict(src_dict)
        messages = []
        _messages = d.pop("messages")
        for messages_item_data in (_messages):
            messages_item = Message.from_dict(messages_item_data)



            messages.append(messages_item)


        def _parse_tools(data: object) -> list[AnyObject] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tools_type_0 = []
                _tools_type_0 = data
                for tools_type_0_item_data in (_tools_type_0):
                    tools_type_0_item = AnyObject.from_dict(tools_type_0_item_data)



                    tools_type_0.append(tools_type_0_item)

                return tools_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[AnyObject] | None | Unset, data)

        tools = _parse_tools(d.pop("tools", UNSET))


        def _parse_documents(data: object) -> list[AnyObject] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                documents_type_0 = []
                _documents_type_0 = data
                for documents_type_0_item_data in (_documents_type_0):
                    documents_type_0_item = AnyObject.from_dict(documents_type_0_item_data)



                    documents_type_0.append(documents_type_0_item)

                return documents_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[AnyObject] | None | Unset, data)

        documents = _parse_documents(d.pop("documents", UNSET))


        def _parse_chat_template_kwargs(data: object) -> GenerationChatPromptChatTemplateKwargsType0 | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                chat_template_kwargs_type_0 = GenerationChatPromptChatTemplateKwargsType0.from_dict(data)



                return chat_template_kwargs_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GenerationChatPromptChatTemplateKwargsType0 | None | Unset, data)

        chat_template_kwargs = _parse_chat_template_kwargs(d.pop("chat_template_kwargs", UNSET))


        def _parse_checkpoint(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint", UNSET))


        def _parse_adapter(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        adapter = _parse_adapter(d.pop("adapter", UNSET))


        generation_chat_prompt = cls(
            messages=messages,
            tools=tools,
            documents=documents,
            chat_template_kwargs=chat_template_kwargs,
            checkpoint=checkpoint,
            adapter=adapter,
        )

        return generation_chat_prompt

